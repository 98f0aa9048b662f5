// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "host.h"
#include "syscall_of.h"

#define MAX_ERRNO 4095 /* a return value from -4095 to -1 is an error, everything else a result */
#define MAX_SYSCALLS 1024 /* a program may call any number; no kernel has as many */

struct error_key {
	u32 syscall;
	u32 errno;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_SYSCALLS);
	__type(key, u64);
	__type(value, u64);
} jvm_syscalls_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, struct error_key);
	__type(value, u64);
} jvm_syscall_errors_total SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	u64 syscall = id;

	if (syscall < MAX_SYSCALLS && watched_current())
		increment(&jvm_syscalls_total, &syscall);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	struct error_key key = { .errno = -ret };

	if (ret >= 0 || ret < -MAX_ERRNO || !watched_current())
		return 0;
	key.syscall = SYSCALL_NUMBER(regs);
	if (key.syscall < MAX_SYSCALLS)
		increment(&jvm_syscall_errors_total, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
