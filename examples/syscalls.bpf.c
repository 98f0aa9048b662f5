// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

#define MAX_ERRNO 4095 /* a return value from -4095 to -1 is an error, everything else a result */

/* A program may call any number; those that no kernel has must not crowd out the real ones. */
#define MAX_SYSCALLS 1024

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_SYSCALLS);
	__type(key, u64);
	__type(value, u64);
} syscalls_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, u64);
} syscall_errors_total SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	u64 syscall = id;

	if (syscall < MAX_SYSCALLS)
		increment(&syscalls_total, &syscall);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	u64 errno = -ret;

	if (ret < 0 && ret >= -MAX_ERRNO)
		increment(&syscall_errors_total, &errno);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
