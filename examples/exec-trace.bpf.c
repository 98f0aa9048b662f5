// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "span.h"

#define NAME_SIZE 64

/* A process that was executed since we watch, or a fork of one. */
struct process {
	u8 trace_id[16];
	u8 parent_span_id[8];
	u8 span_id[8]; /* zeros: forked, but not yet executed */
	u64 started;
	char name[NAME_SIZE];
};

struct exec_span {
	struct span_base base;
	char span_name[NAME_SIZE];
};

/* By process id. LRU: of very many processes, the ones that live long without a fork lose their span. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, struct process);
} processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} exec_spans SEC(".maps");

RINGBUF_RESERVE_FAILURES(exec_trace_ringbuf_reserve_failures_total);

static __always_inline bool executed(const struct process *process)
{
	return process->started;
}

static __always_inline void emit(const struct process *process, u64 now)
{
	struct exec_span *span = reserve_record(&exec_spans, sizeof(*span),
						&exec_trace_ringbuf_reserve_failures_total);

	if (!span)
		return;
	__builtin_memcpy(span->base.trace_id, process->trace_id, sizeof(process->trace_id));
	__builtin_memcpy(span->base.parent_span_id, process->parent_span_id,
			 sizeof(process->parent_span_id));
	__builtin_memcpy(span->base.span_id, process->span_id, sizeof(process->span_id));
	span->base.span_monotonic_timestamp_ns = process->started;
	span->base.span_duration_ns = now - process->started;
	__builtin_memcpy(span->span_name, process->name, sizeof(process->name));
	bpf_ringbuf_submit(span, 0);
}

/* A child belongs to its parent's trace. Its own children are below its span, once it has one. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	u32 parent_id = parent->tgid, child_id = child->tgid;
	struct process *from, to = {};

	if (parent_id == child_id)
		return 0; /* a thread */
	from = bpf_map_lookup_elem(&processes, &parent_id);
	if (!from)
		return 0;
	__builtin_memcpy(to.trace_id, from->trace_id, sizeof(to.trace_id));
	if (executed(from))
		__builtin_memcpy(to.parent_span_id, from->span_id, sizeof(to.parent_span_id));
	else
		__builtin_memcpy(to.parent_span_id, from->parent_span_id, sizeof(to.parent_span_id));
	bpf_map_update_elem(&processes, &child_id, &to, BPF_ANY);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *binprm)
{
	u32 id = task->tgid;
	u64 now = bpf_ktime_get_ns();
	struct process *known = bpf_map_lookup_elem(&processes, &id);
	struct process process = { .started = now };

	if (known) {
		/* One program that executes another ends here; both have the same parent. */
		if (executed(known))
			emit(known, now);
		__builtin_memcpy(process.trace_id, known->trace_id, sizeof(process.trace_id));
		__builtin_memcpy(process.parent_span_id, known->parent_span_id,
				 sizeof(process.parent_span_id));
	} else {
		make_id(process.trace_id, sizeof(process.trace_id));
	}
	make_id(process.span_id, sizeof(process.span_id));
	bpf_probe_read_kernel_str(process.name, sizeof(process.name), binprm->filename);
	bpf_map_update_elem(&processes, &id, &process, BPF_ANY);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	u32 id = task->tgid;
	struct process *process;

	if (task->signal->live.counter)
		return 0; /* other threads go on */
	process = bpf_map_lookup_elem(&processes, &id);
	if (!process)
		return 0;
	if (executed(process))
		emit(process, bpf_ktime_get_ns());
	bpf_map_delete_elem(&processes, &id);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
