/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Span records in a ring buffer, as the exporter reads them: a record is the bytes of the span's labels in
 * order. Include vmlinux.h, bpf/bpf_helpers.h and maps.h first.
 */

/* Identifies a span to its children. All zeros mean that there is no span. */
struct span_context {
	__u8 trace_id[16];
	__u8 span_id[8];
};

/*
 * The beginning of most records. An id of zeros is absent: the exporter then makes a trace id or a span id,
 * and an absent parent means that the span has none.
 */
struct span_base {
	__u8 trace_id[16];
	__u8 parent_span_id[8];
	__u8 span_id[8];
	__u64 span_monotonic_timestamp_ns;
	__u64 span_duration_ns;
};

/*
 * Defines a counter of the spans that were lost because the ring buffer was full; the kernel does not count
 * them. Its name is CONFIG_ringbuf_reserve_failures_total, and the config lists it as a counter without labels.
 */
#define RINGBUF_RESERVE_FAILURES(name)                                                              \
	struct {                                                                                    \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                            \
		__uint(max_entries, 1);                                                             \
		__type(key, u32);                                                                   \
		__type(value, u64);                                                                 \
	} name SEC(".maps")

/* Reserves a record; counts a failure and returns NULL if the buffer is full. `size` must be a constant. */
static __always_inline void *reserve_record(void *ringbuf, __u64 size, void *failures)
{
	void *record = bpf_ringbuf_reserve(ringbuf, size, 0);

	if (!record) {
		__u32 only = 0;

		increment(failures, &only);
	}
	return record;
}

/* Fills an id with random bytes. They are unique enough for spans, but not cryptographically secure. */
static __always_inline void make_id(__u8 *id, int size)
{
	for (int i = 0; i < size; i += sizeof(__u32))
		*(__u32 *)(id + i) = bpf_get_prandom_u32();
}

/* Makes the context of a new trace. */
static __always_inline void make_context(struct span_context *context)
{
	make_id(context->trace_id, sizeof(context->trace_id));
	make_id(context->span_id, sizeof(context->span_id));
}

/* Fills the common fields of a child of `parent`, and gives it a new id. */
static __always_inline void fill_span(struct span_base *span, const struct span_context *parent,
				      __u64 start_ns, __u64 duration_ns)
{
	__builtin_memcpy(span->trace_id, parent->trace_id, sizeof(span->trace_id));
	__builtin_memcpy(span->parent_span_id, parent->span_id, sizeof(span->parent_span_id));
	make_id(span->span_id, sizeof(span->span_id));
	span->span_monotonic_timestamp_ns = start_ns;
	span->span_duration_ns = duration_ns;
}
