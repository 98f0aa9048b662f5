/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Spans of what the kernel does for a thread, below the span that the thread is in. Bounded, so that one that loops
 * fills no backend: so many a second, and so many for each span and thread. Include maps.h, span.h and trace_context.h
 * first.
 */

const volatile __u32 spans_per_span = 128;
const volatile __u32 spans_per_second = 1000;

/* The threshold of a kind that nobody wants. */
#define NEVER (~0ULL)

/* How many spans a thread's span has got. */
struct span_budget {
	__u8 span_id[8];
	__u32 spent;
};

enum left_out {
	LEFT_OUT_SPAN,
	LEFT_OUT_SECOND,
	LEFT_OUT_FULL,
	LEFT_OUT_REASONS,
};

struct second {
	__u64 number;
	__u32 spent;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct second);
} this_second SEC(".maps");

/* Counts what was left out, by enum left_out. A config names it after itself, CONFIG_left_out_total. */
#define LEFT_OUT(name)                                                                              \
	struct {                                                                                    \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                            \
		__uint(max_entries, LEFT_OUT_REASONS);                                              \
		__type(key, __u32);                                                                 \
		__type(value, __u64);                                                               \
	} name SEC(".maps")

static __always_inline bool is_left_out(void *left_out, struct span_budget *budget,
					const struct span_context *parent, __u64 now)
{
	__u32 only = 0, why = LEFT_OUT_SPAN;
	struct second *second = bpf_map_lookup_elem(&this_second, &only);
	__u64 number = now / 1000000000;

	if (*(__u64 *)budget->span_id != *(__u64 *)parent->span_id) {
		*(__u64 *)budget->span_id = *(__u64 *)parent->span_id;
		budget->spent = 0;
	}
	if (budget->spent < spans_per_span) {
		budget->spent++;
		why = LEFT_OUT_SECOND;
		if (second && second->number != number) {
			/* Two that begin a second at once let through a few more. */
			second->number = number;
			second->spent = 0;
		}
		if (second && __sync_fetch_and_add(&second->spent, 1) < spans_per_second)
			return false;
	}
	increment(left_out, &why);
	return true;
}

/* Room for a span of this size, which must be a constant, or NULL. What has no room is counted. */
static __always_inline void *room_for_span(void *ringbuf, __u64 size, void *left_out)
{
	__u32 full = LEFT_OUT_FULL;
	void *span = bpf_ringbuf_reserve(ringbuf, size, 0);

	if (!span)
		increment(left_out, &full);
	return span;
}

/* The same, or NULL if there were too many. */
static __always_inline void *reserve_span(void *ringbuf, __u64 size, void *left_out,
					  struct span_budget *budget, const struct span_context *parent,
					  __u64 now)
{
	if (is_left_out(left_out, budget, parent, now))
		return 0;
	return room_for_span(ringbuf, size, left_out);
}

/*
 * For what a thread begins and the kernel ends later: whether the current thread is in a span that may have one more,
 * and which.
 */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct span_budget);
} budgets SEC(".maps");

static __always_inline bool begins_span(void *left_out, struct span_context *parent, __u64 now)
{
	struct span_budget *budget;

	if (!current_trace_context(parent))
		return false;
	budget = bpf_task_storage_get(&budgets, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return budget && !is_left_out(left_out, budget, parent, now);
}
