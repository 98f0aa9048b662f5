/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Measures how long a task stays in a function, with programs at its entry and its return. Include vmlinux.h
 * and bpf/bpf_helpers.h first.
 */

/* The function is in the key, because a watched function may call another one. */
struct call {
	__u32 task;
	__u32 function; /* a number that the example chooses */
};

/* How many calls may be in progress; define a smaller number where there are only a few. */
#ifndef MAX_CALLS
#define MAX_CALLS 16384
#endif

/* Start times. An LRU map, because the program may miss a return. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_CALLS);
	__type(key, struct call);
	__type(value, u64);
} calls SEC(".maps");

static __always_inline void call_begins(__u32 function)
{
	struct call call = { .task = bpf_get_current_pid_tgid(), .function = function };
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&calls, &call, &now, BPF_ANY);
}

/* Returns the nanoseconds since the call began; 0 if its beginning was missed. */
static __always_inline __u64 call_ends(__u32 function)
{
	struct call call = { .task = bpf_get_current_pid_tgid(), .function = function };
	__u64 *began = bpf_map_lookup_elem(&calls, &call);
	__u64 nanos = began ? bpf_ktime_get_ns() - *began : 0;

	if (began)
		bpf_map_delete_elem(&calls, &call);
	return nanos;
}
