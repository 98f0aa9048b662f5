// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "probe.h"
#include "block.h"
#include "maps.h"
#include "host.h"
#include "java_thread.h"
#include "open_file.h"
#include "span.h"
#include "syscall_of.h"
#include "file_operation.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} jvm_file_bytes_total SEC(".maps");

RINGBUF_RESERVE_FAILURES(jvm_io_ringbuf_reserve_failures_total);

#define BLOCK_SPANS_LOST jvm_io_ringbuf_reserve_failures_total
#include "jvm_disk.h"

ON_PROBE(hotspot, thread__start)
{
	learn_name(ctx);
}

FOLLOW_RENAMES

static __always_inline enum file_operation operation_of(long syscall)
{
	switch (syscall) {
	case CALL_fsync:
	case CALL_fdatasync:
	case CALL_sync:
	case CALL_syncfs:
	case CALL_sync_file_range:
	case CALL_msync:
		return FILE_SYNC;
	case CALL_sendfile:
	case CALL_copy_file_range:
		return FILE_COPY;
	default:
		return reads_or_writes(syscall);
	}
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	u32 operation = operation_of(id);
	struct task_struct *task;
	struct thread *thread;

	if (operation == FILE_NONE || !watched_current())
		return 0;
	task = bpf_get_current_task_btf();
	if ((operation == FILE_READ || operation == FILE_WRITE) &&
	    !is_regular(file_of(task, SYSCALL_ARGUMENT_1(regs))))
		return 0;
	thread = thread_of(task);
	if (thread) {
		thread->what = operation;
		thread->since = bpf_ktime_get_ns();
	}
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	struct operation_key key = {};
	struct thread *thread;

	if (operation_of(SYSCALL_NUMBER(regs)) == FILE_NONE || !watched_current())
		return 0;
	thread = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), NULL, 0);
	if (!thread || thread->what == FILE_NONE)
		return 0;
	key.operation = thread->what;
	thread->what = FILE_NONE;
	observe_exp2(&jvm_file_operation_seconds, &key, to_micros(bpf_ktime_get_ns() - thread->since),
		     MAX_BUCKET);
	if (ret > 0)
		add_to(&jvm_file_bytes_total, &key.operation, ret);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
