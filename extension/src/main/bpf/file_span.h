/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Calls that a thread makes on a file, from their beginning to their end, as spans. Include open_file.h, syscall_of.h
 * and kernel_span.h first.
 */

#include "file_operation.h"

#define COMM_LENGTH 16

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
} file_spans SEC(".maps");

static __always_inline void begin_call(const struct span_context *parent, u64 argument, struct file *file)
{
	struct call *call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), 0,
						 BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!call)
		return;
	call->parent = *parent;
	call->argument = argument;
	call->file = (u64)file;
	call->since = bpf_ktime_get_ns();
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

static __always_inline void emit_call(void *left_out, struct task_struct *task, struct call *call,
				      enum file_operation operation, long syscall, long result, u64 now)
{
	struct file_span *span;
	struct file *file;
	u32 at = PATH_SIZE - 1;

	if (is_left_out(left_out, &call->budget, &call->parent, now))
		return;
	call->room.text[at] = 0;
	file = file_of_call(task, call, syscall);
	if (file)
		at = path_of(file, &call->room) & (PATH_SIZE - 1);
	span = room_for_span(&file_spans, sizeof(*span), left_out);
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

/*
 * result: below 0 it is a negated error number
 * least: in nanoseconds, what is too short
 */
static __always_inline void end_call(void *left_out, enum file_operation operation, long syscall, long result,
				     u64 least)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct call *call = bpf_task_storage_get(&calls, task, 0, 0);
	u64 now;

	if (!call || !call->since)
		return;
	now = bpf_ktime_get_ns();
	if (now - call->since >= least)
		emit_call(left_out, task, call, operation, syscall, result, now);
	call->since = 0;
}
