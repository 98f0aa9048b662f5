// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "probe.h"
#include "maps.h"
#include "host.h"
#include "decades.h"
#include "java_thread.h"
#include "off_cpu.h"
#include "span.h"
#include "syscall_of.h"

/* Reasons to wait are numbers of system calls, and these, which are none. */
#define PREEMPTED 100000 /* it could have run on: it waits for a CPU */
#define NO_SYSCALL 100001 /* a page fault, most likely */
#define STOPPED 100002 /* by a signal or a debugger */

/* Spans of waits that took as long or longer; 0: none. Set before load. */
const volatile u64 slow_off_cpu_ns = 0;

struct off_cpu_span {
	struct span_base base;
	struct thread_name thread;
	u64 java_thread_id;
	u32 tid;
	u32 reason;
};

struct off_cpu_key {
	struct thread_name thread;
	u32 reason;
	u32 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192); /* some 800 pairs of thread and reason */
	__type(key, struct off_cpu_key);
	__type(value, u64);
} jvm_offcpu_seconds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 128 * 1024);
} jvm_off_cpu_spans SEC(".maps");

RINGBUF_RESERVE_FAILURES(jvm_offcpu_ringbuf_reserve_failures_total);

ON_PROBE(hotspot, thread__start)
{
	learn_name(ctx);
}

FOLLOW_RENAMES

static __always_inline u32 reason_of(struct task_struct *task, u32 state, bool preempted)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	long number;

	if (preempted || !state)
		return PREEMPTED;
	if (state & (TASK_STOPPED | TASK_TRACED))
		return STOPPED;
	number = SYSCALL_NUMBER(regs);
	return number < 0 || number >= PREEMPTED ? NO_SYSCALL : number;
}

static __always_inline void left_cpu(struct task_struct *task, u32 reason, u64 now)
{
	struct thread *thread = storage_may_be_made() ?
					thread_of(task) :
					bpf_task_storage_get(&threads, task, NULL, 0);

	if (thread) {
		thread->what = reason;
		thread->since = now;
	}
}

static __always_inline void emit(const struct task_struct *task, const struct thread *thread, u64 nanos)
{
	static const struct span_context none = {};
	struct off_cpu_span *span = reserve_record(&jvm_off_cpu_spans, sizeof(*span),
						   &jvm_offcpu_ringbuf_reserve_failures_total);

	if (!span)
		return;
	fill_span(&span->base, &none, thread->since, nanos);
	span->thread = thread->name;
	span->java_thread_id = thread->java_id;
	span->tid = task->pid;
	span->reason = thread->what;
	bpf_ringbuf_submit(span, 0);
}

static __always_inline void got_cpu(struct task_struct *task, u64 now)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, NULL, 0);
	struct off_cpu_key key = {};
	u64 nanos;

	if (!thread || !thread->since)
		return;
	key.thread = thread->name;
	key.reason = thread->what;
	nanos = now - thread->since;
	observe_decade(&jvm_offcpu_seconds, &key, to_micros(nanos));
	if (slow_off_cpu_ns && nanos >= slow_off_cpu_ns)
		emit(task, thread, nanos);
	thread->since = 0;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(task_newtask, struct task_struct *task)
{
	if (!storage_may_be_made() && watched(task) && !is_kernel_thread(task))
		thread_of(task);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempted, struct task_struct *prev, struct task_struct *next)
{
	bool leaves = watched(prev) && !is_kernel_thread(prev);
	bool comes = watched(next) && !is_kernel_thread(next);
	u64 now;

	if (!leaves && !comes)
		return 0;
	now = bpf_ktime_get_ns();
	if (leaves)
		left_cpu(prev, reason_of(prev, state_left_with(ctx, prev), preempted), now);
	if (comes)
		got_cpu(next, now);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
