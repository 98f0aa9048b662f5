// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Records of any content for tests, emitted through BPF_PROG_TEST_RUN. A kernel address, which is what
 * the tracepoint passes, is negative and emits nothing.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"
#include "span.h"

#define MOST_BYTES 256

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} test_spans SEC(".maps");

/* What emit() emits. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u8[MOST_BYTES]);
} content SEC(".maps");

struct emission {
	u32 length;
	u32 emitted;
};

static long emit_one(u32 index, struct emission *emission)
{
	u32 only = 0;
	void *record = bpf_map_lookup_elem(&content, &only);

	if (!record || bpf_ringbuf_output(&test_spans, record, emission->length & (MOST_BYTES - 1), 0))
		return 1;
	emission->emitted++;
	return 0;
}

/* Emits as many records as the argument's low half says, of as many bytes as its high half says. */
SEC("raw_tp/sched_kthread_stop")
int emit(u64 *args)
{
	struct emission emission = { .length = args[0] >> 32 };

	if ((s64)args[0] < 0)
		return 0;
	bpf_loop(args[0] & 0xffffff, emit_one, &emission, 0);
	return emission.emitted;
}

/* A span that begins now. */
SEC("raw_tp/sched_kthread_stop")
int emit_now(u64 *args)
{
	struct span_base span = {};

	if ((s64)args[0] < 0)
		return 0;
	span.span_monotonic_timestamp_ns = bpf_ktime_get_ns();
	return !bpf_ringbuf_output(&test_spans, &span, sizeof(span), 0);
}

/* The same, and nobody is told. */
SEC("raw_tp/sched_kthread_stop")
int emit_quietly(u64 *args)
{
	struct span_base span = {};

	if ((s64)args[0] < 0)
		return 0;
	span.span_monotonic_timestamp_ns = bpf_ktime_get_ns();
	return !bpf_ringbuf_output(&test_spans, &span, sizeof(span), BPF_RB_NO_WAKEUP);
}

char LICENSE[] SEC("license") = "GPL";
