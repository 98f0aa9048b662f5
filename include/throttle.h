/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Measures how long the CPU bandwidth control throttled a run queue, with programs at the entry and the exit
 * of unthrottle_cfs_rq. Both are needed: the run queue's clock may be stale until the function updates it, and
 * newer kernels reset the start of the throttling in the function.
 */

/* One entry for each CPU is enough: the function runs with interrupts off, so it can't be nested on a CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} throttled_since SEC(".maps");

static __always_inline void remember_throttled(struct cfs_rq *queue)
{
	u32 only = 0;
	u64 since = queue->throttled_clock;

	bpf_map_update_elem(&throttled_since, &only, &since, BPF_ANY);
}

/* Returns for how many nanoseconds the queue was throttled; 0 if no task had to wait. */
static __always_inline u64 throttled_nanos(struct cfs_rq *queue)
{
	u32 only = 0;
	u64 *since = bpf_map_lookup_elem(&throttled_since, &only);
	u64 clock = queue->rq->clock;

	return since && *since && *since < clock ? clock - *since : 0;
}
