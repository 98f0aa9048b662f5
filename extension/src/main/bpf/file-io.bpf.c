// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "open_file.h"
#include "span.h"
#include "syscall_of.h"
#include "trace_context.h"
#include "kernel_span.h"

/*
 * System calls by which a thread, within a span, syncs a file, or reads or writes one and it takes long. What the system
 * calls of all others cost is to look at their number.
 */

const volatile u64 file_sync_min_ns = 100000;
const volatile u64 file_read_min_ns = 10000000;
const volatile u64 file_write_min_ns = 10000000;

#define COMM_LENGTH 16

enum file_operation { FILE_NONE, FILE_SYNC, FILE_READ, FILE_WRITE };

struct call {
	struct span_context parent;
	struct span_budget budget;
	u64 since; /* 0: in none */
	u64 argument; /* the descriptor; of msync the address */
	u64 file; /* the descriptor's */
	struct path_room room;
};

struct file_span {
	struct span_base base;
	char comm[COMM_LENGTH];
	u32 operation;
	u32 syscall;
	u32 error;
	u32 unused;
	u64 bytes;
	char path[PATH_SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} file_io_spans SEC(".maps");

LEFT_OUT(file_io_left_out_total);

static __always_inline enum file_operation operation_of(long syscall)
{
	switch (syscall) {
	case CALL_read:
	case CALL_pread64:
	case CALL_readv:
	case CALL_preadv:
	case CALL_preadv2:
		return FILE_READ;
	case CALL_write:
	case CALL_pwrite64:
	case CALL_writev:
	case CALL_pwritev:
	case CALL_pwritev2:
		return FILE_WRITE;
	case CALL_fsync:
	case CALL_fdatasync:
	case CALL_syncfs:
	case CALL_sync_file_range:
	case CALL_msync:
		return FILE_SYNC;
	default:
		return FILE_NONE;
	}
}

static __always_inline u64 least(enum file_operation operation)
{
	return operation == FILE_SYNC ? file_sync_min_ns : operation == FILE_READ ? file_read_min_ns : file_write_min_ns;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	enum file_operation operation = operation_of(id);
	struct task_struct *task;
	struct span_context parent;
	struct file *file = NULL;
	struct call *call;
	u64 argument;

	if (ebpf_agent_slots_by == BY_NOTHING || operation == FILE_NONE || !current_trace_context(&parent))
		return 0;
	task = bpf_get_current_task_btf();
	argument = SYSCALL_ARGUMENT_1(regs);
	if (id != CALL_msync) {
		file = file_of(task, argument);
		if (operation != FILE_SYNC && !is_regular(file))
			return 0;
	}
	call = bpf_task_storage_get(&calls, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!call)
		return 0;
	call->parent = parent;
	call->argument = argument;
	call->file = (u64)file;
	call->since = bpf_ktime_get_ns();
	return 0;
}

static long take_file(struct task_struct *task, struct vm_area_struct *vma, struct file **file)
{
	*file = vma->vm_file;
	return 0;
}

/* What the call was about, if that is still so: another thread may have closed it. */
static __always_inline struct file *file_of_call(struct task_struct *task, struct call *call, long syscall)
{
	struct file *file = NULL;

	if (syscall != CALL_msync) {
		file = file_of(task, call->argument);
		return (u64)file == call->file ? file : NULL;
	}
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_find_vma))
		bpf_find_vma(task, call->argument, take_file, &file, 0);
	return file;
}

static __always_inline void emit(struct task_struct *task, struct call *call, enum file_operation operation,
				 long syscall, long result, u64 now)
{
	struct file_span *span;
	struct file *file;
	u32 at = PATH_SIZE - 1;

	if (is_left_out(&file_io_left_out_total, &call->budget, &call->parent, now))
		return;
	call->room.text[at] = 0;
	file = file_of_call(task, call, syscall);
	if (file)
		at = path_of(file, &call->room) & (PATH_SIZE - 1);
	span = room_for_span(&file_io_spans, sizeof(*span), &file_io_left_out_total);
	if (!span)
		return;
	fill_span(&span->base, &call->parent, call->since, now - call->since);
	BPF_CORE_READ_STR_INTO(&span->comm, task, comm);
	span->operation = operation;
	span->syscall = syscall;
	span->error = result < 0 ? -result : 0;
	span->bytes = operation != FILE_SYNC && result > 0 ? result : 0;
	bpf_probe_read_kernel_str(span->path, sizeof(span->path), &call->room.text[at]);
	bpf_ringbuf_submit(span, 0);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long result)
{
	long syscall = SYSCALL_NUMBER(regs);
	enum file_operation operation = operation_of(syscall);
	struct task_struct *task;
	struct call *call;
	u64 now;

	if (ebpf_agent_slots_by == BY_NOTHING || operation == FILE_NONE)
		return 0;
	task = bpf_get_current_task_btf();
	call = bpf_task_storage_get(&calls, task, 0, 0);
	if (!call || !call->since)
		return 0;
	now = bpf_ktime_get_ns();
	if (now - call->since >= least(operation))
		emit(task, call, operation, syscall, result, now);
	call->since = 0;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
