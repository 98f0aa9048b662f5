// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "off_cpu.h"
#include "span.h"
#include "syscall_of.h"
#include "trace_context.h"
#include "jvm_wait.h"
#include "kernel_span.h"

/*
 * Time that a thread, within a span, gave its CPU away and waited for something, or had none though it wanted
 * one. Since when it wanted one, the scheduler itself notes with each task. So nothing runs at a wake-up, but
 * where there are quotas.
 */

const volatile u64 off_cpu_min_ns = 1000000;
const volatile u64 run_queue_min_ns = 5000000;
const volatile u64 cpu_throttled_min_ns = 5000000;

#define COMM_LENGTH 16

/* What it waits for is a system call's number, or from here on an enum jvm_wait. */
#define BY_JVM 0x10000
#define NO_CALL (~0U) /* in none, which is a page fault */
#define STOPPED (~1U) /* by a signal or a debugger */

/* Since 6.18 it is tasks that are held back, and no longer queues. */
struct task_struct___throttled {
	bool throttled;
};

/* A quota of CPU time that is used up; clocks are those of the run queue. */
struct throttle {
	u64 queue; /* the struct cfs_rq; 0: it is not known */
	u64 queue_since; /* since when it is held back */
	u64 task_since; /* since when the task waits for it */
	u64 before; /* how long the queue had been held back before, in all */
	bool task_held;
};

/*
 * A thread without a CPU, or how it was when it got one last. Which span it is in, its record says when it gets one
 * again: until then nobody writes there.
 */
struct wait {
	u64 since; /* when it began to wait for something; 0: it could have run on */
	u64 without_cpu; /* the scheduler's own sum of its waits for a CPU, when it had one last */
	u32 owner; /* the slot's */
	u8 io;
	u32 syscall;
	u32 reason;
	struct span_budget budget;
	struct throttle throttle; /* when it began to wait for a CPU, within a span */
};

struct run_queue_span {
	struct span_base base;
	char comm[COMM_LENGTH];
	u8 preempted;
	u8 throttled;
};

struct cpu_throttled_span {
	struct span_base base;
	char comm[COMM_LENGTH];
};

struct off_cpu_span {
	struct span_base base;
	char comm[COMM_LENGTH];
	u32 syscall;
	u32 reason;
	u8 io;
};

/* No storage of tasks: while a run queue is locked, older kernels must not make any. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct wait);
} waits_by_slot SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} off_cpu_spans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} run_queue_spans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 128 * 1024);
} cpu_throttled_spans SEC(".maps");

LEFT_OUT(off_cpu_left_out_total);

/* Notes, when the task begins to wait for a CPU, whether it is its cgroup's quota that it waits for. */
static __always_inline void note_throttle(struct throttle *throttle, struct task_struct *task)
{
	struct task_struct___throttled *newer = (void *)task;
	struct cfs_rq *queue = NULL;

	throttle->queue = 0;
	if (!bpf_core_field_exists(queue->throttled_clock_self))
		return;
	queue = task->se.cfs_rq;
	throttle->queue = (u64)queue;
	throttle->before = queue->throttled_clock_self_time;
	throttle->queue_since = queue->throttled_clock_self;
	throttle->task_held = throttle->queue_since;
	if (bpf_core_field_exists(newer->throttled))
		throttle->task_held = throttle->queue_since && BPF_CORE_READ(newer, throttled);
	if (throttle->task_held)
		throttle->task_since = queue->rq->clock;
}

/* For how long the quota held the task back. By then it does so no more. */
static __always_inline u64 held_nanos(const struct throttle *throttle, u64 most, bool *some)
{
	struct task_struct___throttled *newer = NULL;
	struct cfs_rq *queue = (void *)throttle->queue;
	u64 nanos, until;

	*some = false;
	if (!bpf_core_field_exists(queue->throttled_clock_self) || !queue)
		return 0;
	nanos = BPF_CORE_READ(queue, throttled_clock_self_time) - throttle->before;
	if (!throttle->task_held) {
		/* Where queues are held back, this one was while the task was in it, who knows for how long. */
		*some = nanos && !bpf_core_field_exists(newer->throttled);
		return 0;
	}
	until = throttle->queue_since + nanos;
	if (!nanos || until <= throttle->task_since)
		return 0;
	return until - throttle->task_since < most ? until - throttle->task_since : most;
}

/* What a task that leaves its CPU in that state waits for. */
static __always_inline void note_reason(struct wait *wait, struct task_struct *task,
					const struct thread_record *record, u32 state)
{
	struct pt_regs *registers = (void *)bpf_task_pt_regs(task);

	wait->syscall = SYSCALL_NUMBER(registers);
	wait->reason = wait->syscall;
	if (state & (TASK_STOPPED | TASK_TRACED)) {
		wait->reason = STOPPED;
		if (wait->syscall == NO_CALL)
			wait->syscall = STOPPED;
	} else if (wait->syscall == CALL_futex) {
		enum jvm_wait by_jvm = jvm_wait_of(record, SYSCALL_ARGUMENT_1(registers));

		if (by_jvm != WAIT_UNKNOWN)
			wait->reason = BY_JVM + by_jvm;
	}
	wait->io = BPF_CORE_READ_BITFIELD_PROBED(task, in_iowait);
}

/* The slot's; NULL if another thread has it by now. */
static __always_inline struct wait *wait_at(const struct thread_slot *slot, struct task_struct *task)
{
	u32 index = slot->index;
	struct wait *wait = bpf_map_lookup_elem(&waits_by_slot, &index);

	if (!wait || wait->owner == slot->owner)
		return wait;
	if (!record_at(slot))
		return NULL;
	wait->owner = slot->owner;
	wait->since = 0;
	wait->throttle.queue = 0;
	/* So a wait counts from where the task is now, if it has moved to another CPU meanwhile. */
	if (bpf_core_field_exists(task->sched_info.run_delay))
		wait->without_cpu = task->sched_info.run_delay;
	return wait;
}

/* state: 0 if it could run on */
static __always_inline void left_cpu(struct task_struct *task, u32 state)
{
	struct thread_record *record;
	struct thread_slot *slot;
	struct wait *wait;

	/* The scheduler says later how long it had none. */
	if (!state && cpu_throttled_min_ns == NEVER)
		return;
	slot = slot_of(task);
	if (!slot)
		return;
	record = record_at(slot);
	if (!is_sampled(record))
		return;
	wait = wait_at(slot, task);
	if (!wait)
		return;
	wait->without_cpu = without_cpu(task);
	if (state) {
		wait->since = bpf_ktime_get_ns();
		wait->throttle.queue = 0;
		note_reason(wait, task, record, state);
	} else {
		note_throttle(&wait->throttle, task);
	}
}

static __always_inline void emit_wait(struct task_struct *task, struct wait *wait,
				      const struct span_context *parent, u64 end, u64 now)
{
	struct off_cpu_span *span = reserve_span(&off_cpu_spans, sizeof(*span), &off_cpu_left_out_total,
						 &wait->budget, parent, now);

	if (!span)
		return;
	fill_span(&span->base, parent, wait->since, end - wait->since);
	BPF_CORE_READ_STR_INTO(&span->comm, task, comm);
	span->syscall = wait->syscall;
	span->reason = wait->reason;
	span->io = wait->io;
	bpf_ringbuf_submit(span, 0);
}

static __always_inline void emit_throttled(struct task_struct *task, struct wait *wait,
					   const struct span_context *parent, u64 ready, u64 nanos, u64 now)
{
	struct cpu_throttled_span *span = reserve_span(&cpu_throttled_spans, sizeof(*span),
						       &off_cpu_left_out_total, &wait->budget, parent,
						       now);

	if (!span)
		return;
	fill_span(&span->base, parent, ready, nanos);
	BPF_CORE_READ_STR_INTO(&span->comm, task, comm);
	bpf_ringbuf_submit(span, 0);
}

static __always_inline void emit_ready(struct task_struct *task, struct wait *wait,
				       const struct span_context *parent, u64 ready, bool throttled, u64 now)
{
	struct run_queue_span *span = reserve_span(&run_queue_spans, sizeof(*span), &off_cpu_left_out_total,
						   &wait->budget, parent, now);

	if (!span)
		return;
	fill_span(&span->base, parent, ready, now - ready);
	BPF_CORE_READ_STR_INTO(&span->comm, task, comm);
	span->preempted = !wait->since;
	span->throttled = throttled;
	bpf_ringbuf_submit(span, 0);
}

/* lacked: for how long it could have run */
static __always_inline void end_wait(struct task_struct *task, const struct thread_slot *slot, struct wait *wait,
				     u64 lacked)
{
	u64 now = bpf_ktime_get_ns(), ready = now - lacked, held;
	struct span_context parent;
	bool throttled;

	if (!trace_context_at(record_at(slot), &parent))
		return;
	if (wait->since) {
		if (ready < wait->since)
			ready = wait->since;
		if (ready - wait->since >= off_cpu_min_ns)
			emit_wait(task, wait, &parent, ready, now);
	}
	held = held_nanos(&wait->throttle, now - ready, &throttled);
	if (held && held >= cpu_throttled_min_ns)
		emit_throttled(task, wait, &parent, ready, held, now);
	ready += held;
	if (now - ready >= run_queue_min_ns)
		emit_ready(task, wait, &parent, ready, throttled, now);
}

static __always_inline void got_cpu(struct task_struct *task)
{
	struct thread_slot *slot = slot_of(task);
	u64 without, lacked, nanos;
	struct wait *wait;

	if (!slot)
		return;
	wait = wait_at(slot, task);
	if (!wait)
		return;
	without = without_cpu(task);
	lacked = without - wait->without_cpu;
	nanos = wait->since ? bpf_ktime_get_ns() - wait->since : lacked;
	/* Most are short. */
	if (nanos >= off_cpu_min_ns || nanos >= run_queue_min_ns || nanos >= cpu_throttled_min_ns)
		end_wait(task, slot, wait, lacked);
	wait->since = 0;
	wait->without_cpu = without;
}

/* Only where a quota may hold tasks back, which can only be seen while it does: loaded on request. */
SEC("?tp_btf/sched_wakeup")
int BPF_PROG(note_quota, struct task_struct *task)
{
	struct thread_slot *slot;
	struct wait *wait;

	if (ebpf_agent_slots_by == BY_NOTHING)
		return 0;
	slot = slot_of(task);
	if (!slot)
		return 0;
	wait = wait_at(slot, task);
	if (wait && wait->since && !wait->throttle.queue)
		note_throttle(&wait->throttle, task);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	if (ebpf_agent_slots_by == BY_NOTHING)
		return 0;
	left_cpu(prev, preempt ? 0 : state_left_with(ctx, prev));
	got_cpu(next);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
