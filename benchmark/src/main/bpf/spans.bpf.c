// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Span records, as many as the benchmark asks for through BPF_PROG_TEST_RUN. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"
#include "span.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2 * 1024 * 1024);
} bench_spans SEC(".maps");

struct bench_span {
	struct span_base base;
	u32 pid;
	u32 cpu;
};

static long emit_one(u32 index, u32 *emitted)
{
	struct span_context parent;
	struct bench_span *span = bpf_ringbuf_reserve(&bench_spans, sizeof(*span), 0);

	if (!span)
		return 0;
	make_context(&parent);
	fill_span(&span->base, &parent, bpf_ktime_get_ns(), 1000 + index);
	span->pid = index;
	span->cpu = bpf_get_smp_processor_id();
	bpf_ringbuf_submit(span, 0);
	++*emitted;
	return 0;
}

/* Returns for how many there was room. A kernel address, which the tracepoint passes, emits nothing. */
SEC("raw_tp/sched_kthread_stop")
int bench_emit(u64 *args)
{
	u32 emitted = 0;

	if ((s64)args[0] >= 0)
		bpf_loop(args[0] & 0xffff, emit_one, &emitted, 0);
	return emitted;
}

char LICENSE[] SEC("license") = "GPL";
