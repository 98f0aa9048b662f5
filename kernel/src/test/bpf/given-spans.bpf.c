// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Spans with ids of the program's own, for tests that run in another process than the exporter: the
 * execution of a program named emit-pair emits a parent and its child, that of emit-bulk many spans.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "span.h"

#define BULK 2000

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} given_spans SEC(".maps");

/* How many records there was room for. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} given_spans_emitted_total SEC(".maps");

/* How many found none. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} given_spans_refused_total SEC(".maps");

struct given_span {
	struct span_base base;
	char span_name[8];
	u32 number;
	u32 padding;
};

static long emit(u32 number, const char name[8], u8 parent, u8 id)
{
	struct given_span *span = bpf_ringbuf_reserve(&given_spans, sizeof(*span), 0);
	u32 only = 0;

	if (!span) {
		increment(&given_spans_refused_total, &only);
		return 0;
	}
	__builtin_memset(span, 0, sizeof(*span));
	__builtin_memset(span->base.trace_id, 0xab, sizeof(span->base.trace_id));
	__builtin_memset(span->base.parent_span_id, parent, sizeof(span->base.parent_span_id));
	__builtin_memset(span->base.span_id, id, sizeof(span->base.span_id));
	span->base.span_monotonic_timestamp_ns = bpf_ktime_get_ns();
	span->base.span_duration_ns = 1000;
	__builtin_memcpy(span->span_name, name, sizeof(span->span_name));
	span->number = number;
	bpf_ringbuf_submit(span, 0);
	increment(&given_spans_emitted_total, &only);
	return 0;
}

static long emit_one(u32 number, void *context)
{
	return emit(number, "bulk\0\0\0", 0, 0);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(executed, struct task_struct *task, pid_t old_pid, struct linux_binprm *binprm)
{
	char name[16];

	bpf_get_current_comm(name, sizeof(name));
	if (!bpf_strncmp(name, 10, "emit-pair")) {
		emit(1, "parent\0", 0, 0x11);
		emit(2, "child\0\0", 0x11, 0x22);
	} else if (!bpf_strncmp(name, 10, "emit-bulk")) {
		bpf_loop(BULK, emit_one, NULL, 0);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
