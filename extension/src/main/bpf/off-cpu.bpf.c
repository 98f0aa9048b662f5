// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "span.h"
#include "trace_context.h"
#include "kernel_span.h"

/* Time that a thread, within a span, gave its CPU away and waited for something, or had none though it wanted one. */

const volatile u64 off_cpu_min_ns = 1000000;
const volatile u64 run_queue_min_ns = 5000000;

#define COMM_LENGTH 16

/* Since 6.1 the tracepoint passes the state that the task leaves with; read later, it may have changed. */
typedef void (*btf_trace_sched_switch___with_state)(void *, bool, struct task_struct *,
						    struct task_struct *, unsigned int);

/* Before 5.14 the state had another name. */
struct task_struct___older {
	volatile long state;
};

struct wait {
	struct span_context parent;
	struct span_budget budget;
	u64 since; /* 0: it does not wait for anything */
	u64 ready; /* since when it waits for a CPU; 0: it does not */
	u32 syscall;
	u8 io;
	u8 preempted;
};

struct run_queue_span {
	struct span_base base;
	char comm[COMM_LENGTH];
	u8 preempted;
};

struct off_cpu_span {
	struct span_base base;
	char comm[COMM_LENGTH];
	u32 syscall;
	u32 reason; /* the same again: one label says which, another what for */
	u8 io;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct wait);
} waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} off_cpu_spans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} run_queue_spans SEC(".maps");

LEFT_OUT(off_cpu_left_out_total);

static __always_inline u32 state_of(unsigned long long *ctx, struct task_struct *task)
{
	struct task_struct___older *older = (void *)task;

	if (bpf_core_type_matches(btf_trace_sched_switch___with_state))
		return ctx[3];
	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return BPF_CORE_READ(older, state);
}

/* The number of the system call that the task is in; all ones for none, which is a page fault. */
static __always_inline u32 syscall_of(struct task_struct *task)
{
	struct pt_regs *registers = (void *)bpf_task_pt_regs(task);

#if defined(__TARGET_ARCH_arm64)
	return registers->syscallno;
#else
	return registers->orig_ax;
#endif
}

static __always_inline void left_cpu(struct task_struct *task, bool blocks, bool preempted, u64 now)
{
	struct span_context parent;
	struct wait *wait;

	if (!trace_context_of(task, &parent))
		return;
	wait = bpf_task_storage_get(&waits, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!wait)
		return;
	wait->parent = parent;
	wait->since = blocks ? now : 0;
	wait->ready = blocks ? 0 : now;
	wait->preempted = preempted;
	if (blocks) {
		wait->syscall = syscall_of(task);
		wait->io = BPF_CORE_READ_BITFIELD_PROBED(task, in_iowait);
	}
}

static __always_inline void emit_wait(struct task_struct *task, struct wait *wait, u64 end, u64 now)
{
	struct off_cpu_span *span = reserve_span(&off_cpu_spans, sizeof(*span), &off_cpu_left_out_total,
						 &wait->budget, &wait->parent, now);

	if (!span)
		return;
	fill_span(&span->base, &wait->parent, wait->since, end - wait->since);
	BPF_CORE_READ_STR_INTO(&span->comm, task, comm);
	span->syscall = wait->syscall;
	span->reason = wait->syscall;
	span->io = wait->io;
	bpf_ringbuf_submit(span, 0);
}

static __always_inline void emit_ready(struct task_struct *task, struct wait *wait, u64 now)
{
	struct run_queue_span *span = reserve_span(&run_queue_spans, sizeof(*span), &off_cpu_left_out_total,
						   &wait->budget, &wait->parent, now);

	if (!span)
		return;
	fill_span(&span->base, &wait->parent, wait->ready, now - wait->ready);
	BPF_CORE_READ_STR_INTO(&span->comm, task, comm);
	span->preempted = wait->preempted;
	bpf_ringbuf_submit(span, 0);
}

static __always_inline void got_cpu(struct task_struct *task, u64 now)
{
	struct wait *wait = bpf_task_storage_get(&waits, task, 0, 0);
	u64 end;

	if (!wait)
		return;
	end = wait->ready ? wait->ready : now;
	if (wait->since && end - wait->since >= off_cpu_min_ns)
		emit_wait(task, wait, end, now);
	if (wait->ready && now - wait->ready >= run_queue_min_ns)
		emit_ready(task, wait, now);
	wait->since = 0;
	wait->ready = 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct *task)
{
	struct wait *wait;

	if (ebpf_agent_slots_by == BY_NOTHING)
		return 0;
	wait = bpf_task_storage_get(&waits, task, 0, 0);
	if (wait && wait->since && !wait->ready)
		wait->ready = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	u64 now = bpf_ktime_get_ns();

	if (ebpf_agent_slots_by == BY_NOTHING)
		return 0;
	left_cpu(prev, !preempt && state_of(ctx, prev), preempt, now);
	got_cpu(next, now);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
