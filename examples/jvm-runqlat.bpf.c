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

/* How long a thread had been without a CPU in all, when it got the last one. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} without_cpu_before SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_BUCKET + 2);
	__type(key, u32);
	__type(value, u64);
} jvm_run_queue_seconds SEC(".maps");

/* It hasn't waited yet. Of one that is older than these programs only the next waits are known. */
SEC("tp_btf/task_newtask")
int BPF_PROG(task_newtask, struct task_struct *task)
{
	if (watched(task) && !is_kernel_thread(task))
		bpf_task_storage_get(&without_cpu_before, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempted, struct task_struct *prev, struct task_struct *next)
{
	struct run_queue_key key = {};
	u64 *before;
	u64 now;

	if (!watched(next) || is_kernel_thread(next))
		return 0;
	now = without_cpu(next);
	before = bpf_task_storage_get(&without_cpu_before, next, NULL, 0);
	if (before) {
		observe_exp2(&jvm_run_queue_seconds, &key, to_micros(now - *before), MAX_BUCKET);
		*before = now;
	} else if (storage_may_be_made()) {
		bpf_task_storage_get(&without_cpu_before, next, &now, BPF_LOCAL_STORAGE_GET_F_CREATE);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
