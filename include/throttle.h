/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * How long the CPU bandwidth control held a run queue back, from programs at the entry and the exit of
 * unthrottle_cfs_rq. The function updates the run queue's clock, which may be stale before it, and newer
 * kernels forget in it since when the queue was throttled. So it takes both.
 */

/* The function runs under its run queue's lock with interrupts off: it can't meet itself on a CPU. */
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

/* 0 if no task had to wait. */
static __always_inline u64 throttled_nanos(struct cfs_rq *queue)
{
	u32 only = 0;
	u64 *since = bpf_map_lookup_elem(&throttled_since, &only);
	u64 clock = queue->rq->clock;

	return since && *since && *since < clock ? clock - *since : 0;
}
