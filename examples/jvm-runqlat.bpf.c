// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "host.h"
#include "off_cpu.h"

#define MAX_BUCKET 24 /* 2^24 µs: 17 s */

struct run_queue_key {
	u32 bucket;
};

/* Since when a thread could run, and doesn't; 0 for one that runs or sleeps. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} runnable_since SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_BUCKET + 2);
	__type(key, u32);
	__type(value, u64);
} jvm_run_queue_seconds SEC(".maps");

static __always_inline void queued(struct task_struct *task)
{
	u64 *since;

	if (!watched(task) || is_kernel_thread(task))
		return;
	since = bpf_task_storage_get(&runnable_since, task, NULL,
				     storage_may_be_made() ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	if (since)
		*since = bpf_ktime_get_ns();
}

SEC("tp_btf/task_newtask")
int BPF_PROG(task_newtask, struct task_struct *task)
{
	if (!storage_may_be_made() && watched(task) && !is_kernel_thread(task))
		bpf_task_storage_get(&runnable_since, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct *task)
{
	queued(task);
	return 0;
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(sched_wakeup_new, struct task_struct *task)
{
	queued(task);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempted, struct task_struct *prev, struct task_struct *next)
{
	struct run_queue_key key = {};
	u64 *since;

	if (watched(prev) && (preempted || !state_left_with(ctx, prev)))
		queued(prev);
	if (!watched(next) || is_kernel_thread(next))
		return 0;
	since = bpf_task_storage_get(&runnable_since, next, NULL, 0);
	if (since && *since) {
		observe_exp2(&jvm_run_queue_seconds, &key, to_micros(bpf_ktime_get_ns() - *since),
			     MAX_BUCKET);
		*since = 0;
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
