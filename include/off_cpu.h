/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Helpers about a task that leaves a CPU, for programs on the tracepoint sched_switch. Include vmlinux.h,
 * bpf/bpf_core_read.h and bpf/bpf_helpers.h first.
 */

#define TASK_REPORT 0xff /* the states; above them are modifiers like "may be frozen" */
#define TASK_STOPPED 4 /* by a signal */
#define TASK_TRACED 8 /* by a debugger */
#define PF_KTHREAD 0x00200000

/* Since 6.1 the tracepoint passes the state of the leaving task; when read later, it may have changed. */
typedef void (*btf_trace_sched_switch___with_state)(void *, bool, struct task_struct *,
						    struct task_struct *, unsigned int);

/* Before 5.14 the state had another name. */
struct task_struct___older {
	volatile long state;
};

/*
 * Returns the state of `prev`; 0 if it is still runnable. `ctx` has the tracepoint's arguments. libbpf turns
 * the conditions into constants, so the verifier only sees the code for this kernel.
 */
static __always_inline u32 state_left_with(unsigned long long *ctx, struct task_struct *prev)
{
	struct task_struct___older *older = (void *)prev;
	u32 state;

	if (bpf_core_type_matches(btf_trace_sched_switch___with_state))
		state = ctx[3];
	else if (bpf_core_field_exists(prev->__state))
		state = BPF_CORE_READ(prev, __state);
	else
		state = BPF_CORE_READ(older, state);
	return state & TASK_REPORT;
}

/*
 * How long `task`, which gets this CPU or leaves it, has been ready to run without having a CPU, in all its
 * life; in ns. The scheduler's own sum only grows when such a wait ends, or moves to another CPU. `task` must
 * be a pointer whose type the verifier knows. 0 where the kernel keeps no such sums (CONFIG_SCHED_INFO).
 */
static __always_inline u64 without_cpu(struct task_struct *task)
{
	u64 nanos, queued, clock;

	if (!bpf_core_field_exists(task->sched_info.last_queued) ||
	    !bpf_core_field_exists(task->se.cfs_rq))
		return 0;
	nanos = task->sched_info.run_delay;
	queued = task->sched_info.last_queued;
	clock = task->se.cfs_rq->rq->clock;
	return queued && clock > queued ? nanos + clock - queued : nanos;
}

/* `task` must be a pointer whose type the verifier knows. */
static __always_inline bool is_kernel_thread(struct task_struct *task)
{
	return task->flags & PF_KTHREAD;
}

/*
 * Whether a task's storage may be created while a run queue is locked, as in programs on the scheduler's
 * tracepoints. Kernels before 6.4 allocate it from the page allocator, which may wake a task when pages are
 * scarce, and would then wait for that lock forever. On these kernels, a program on the tracepoint
 * task_newtask creates the storage.
 */
#define storage_may_be_made() bpf_core_field_exists(struct bpf_local_storage_map, selem_ma)
