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
#include "syscall_of.h"

/* Reasons to wait are numbers of system calls, and these, which are none. */
#define PREEMPTED 100000 /* it could have run on: it waits for a CPU */
#define NO_SYSCALL 100001 /* a page fault, most likely */

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

ON_PROBE(hotspot, thread__start)
{
	learn_name(ctx);
}

static __always_inline u32 reason_of(struct task_struct *task, u32 state, bool preempted)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	long number;

	if (preempted || !state)
		return PREEMPTED;
	number = SYSCALL_NUMBER(regs);
	return number < 0 || number >= PREEMPTED ? NO_SYSCALL : number;
}

static __always_inline void left_cpu(struct task_struct *task, u32 reason, u64 now)
{
	struct thread *thread = thread_of(task);

	if (thread) {
		thread->what = reason;
		thread->since = now;
	}
}

static __always_inline void got_cpu(struct task_struct *task, u64 now)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, NULL, 0);
	struct off_cpu_key key = {};

	if (!thread || !thread->since)
		return;
	key.thread = thread->name;
	key.reason = thread->what;
	observe_decade(&jvm_offcpu_seconds, &key, to_micros(now - thread->since));
	thread->since = 0;
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
