// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "span.h"
#include "traced.h"

#define TASK_REPORT 0xff /* the states; above them are modifiers like "may be frozen" */

/* Since 6.1 the tracepoint passes the state that the task leaves with; read later, it may have changed. */
typedef void (*btf_trace_sched_switch___with_state)(void *, bool, struct task_struct *,
						    struct task_struct *, unsigned int);

/* Before 5.14 the state had another name. */
struct task_struct___older {
	volatile long state;
};

/* A traced task that waits. */
struct off_cpu {
	u64 since;
	u64 woken_at; /* 0: it sleeps, or was preempted */
	u32 cpu;
	u32 state;
	u8 preempt;
};

struct wakeup_span {
	struct span_base base;
	u32 tgid;
	u32 pid;
};

struct migrate_span {
	struct span_base base;
	u32 tgid;
	u32 pid;
	u32 cpu_orig;
	u32 cpu_dest;
};

struct switch_span {
	struct span_base base;
	u32 tgid;
	u32 pid;
	u32 state;
	u8 preempt;
};

TRACED(traced_tasks, u32); /* by thread id, as the initial pid namespace counts */

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, struct off_cpu);
} waiting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} sched_wakeup_spans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} sched_migrate_spans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} sched_switch_spans SEC(".maps");

RINGBUF_RESERVE_FAILURES(sched_trace_ringbuf_reserve_failures_total);

/* Reserves a span of this type, with the fields that all of ours have. */
#define begin(span, ringbuf, task, parent, start, end)                                              \
	({                                                                                          \
		span = reserve_record(&ringbuf, sizeof(*span),                                      \
				      &sched_trace_ringbuf_reserve_failures_total);                 \
		if (span) {                                                                         \
			fill_span(&span->base, parent, start, (end) - (start));                     \
			span->tgid = (task)->tgid;                                                  \
			span->pid = (task)->pid;                                                    \
		}                                                                                   \
		span;                                                                               \
	})

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	u32 pid = task->pid;

	/* The id may be given to another task. */
	bpf_map_delete_elem(&traced_tasks, &pid);
	bpf_map_delete_elem(&waiting, &pid);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct *task)
{
	u32 pid = task->pid;
	struct off_cpu *wait = bpf_map_lookup_elem(&waiting, &pid);

	if (wait && !wait->woken_at)
		wait->woken_at = bpf_ktime_get_ns();
	return 0;
}

static __always_inline void left_cpu(struct task_struct *task, u32 state, bool preempt, u64 now)
{
	u32 pid = task->pid;
	struct off_cpu wait = {
		.since = now,
		.cpu = bpf_get_smp_processor_id(),
		.state = state & TASK_REPORT,
		.preempt = preempt,
	};

	if (bpf_map_lookup_elem(&traced_tasks, &pid))
		bpf_map_update_elem(&waiting, &pid, &wait, BPF_ANY);
}

/* The wait is over: what it was, as spans below the one that the task is in. */
static __always_inline void emit(struct task_struct *task, const struct off_cpu *wait,
				 const struct span_context *parent, u64 now)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct wakeup_span *wakeup;
	struct migrate_span *migrate;
	struct switch_span *off;

	if (wait->woken_at && begin(wakeup, sched_wakeup_spans, task, parent, wait->woken_at, now))
		bpf_ringbuf_submit(wakeup, 0);
	if (wait->cpu != cpu && begin(migrate, sched_migrate_spans, task, parent, wait->since, now)) {
		migrate->cpu_orig = wait->cpu;
		migrate->cpu_dest = cpu;
		bpf_ringbuf_submit(migrate, 0);
	}
	if (begin(off, sched_switch_spans, task, parent, wait->since, now)) {
		off->state = wait->state;
		off->preempt = wait->preempt;
		bpf_ringbuf_submit(off, 0);
	}
}

static __always_inline void got_cpu(struct task_struct *task, u64 now)
{
	u32 pid = task->pid;
	struct off_cpu *wait = bpf_map_lookup_elem(&waiting, &pid);
	struct span_context *parent;

	if (!wait)
		return;
	parent = bpf_map_lookup_elem(&traced_tasks, &pid);
	if (parent)
		emit(task, wait, parent, now);
	bpf_map_delete_elem(&waiting, &pid);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct task_struct___older *older = (void *)prev;
	u64 now = bpf_ktime_get_ns();
	u32 state;

	/* libbpf makes the conditions constants, so the verifier sees only what this kernel has. */
	if (bpf_core_type_matches(btf_trace_sched_switch___with_state))
		state = ctx[3];
	else if (bpf_core_field_exists(prev->__state))
		state = BPF_CORE_READ(prev, __state);
	else
		state = BPF_CORE_READ(older, state);
	left_cpu(prev, state, preempt, now);
	got_cpu(next, now);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
