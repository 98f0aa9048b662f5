// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "block.h"
#include "maps.h"
#include "span.h"

/* A request in flight. `allocated` tells it from the next one at the same address: requests are recycled,
 * and one that is merged into another never completes. */
struct in_flight {
	struct span_context trace; /* of the insert span; its span id is zeros if there is none */
	u64 allocated;
	u64 inserted_at;
	u64 issued_at; /* 0: still queued */
};

struct request_span {
	struct span_base base;
	u32 device;
	u32 operation;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct in_flight);
} requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} block_rq_insert_spans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} block_rq_service_spans SEC(".maps");

RINGBUF_RESERVE_FAILURES(bio_trace_ringbuf_reserve_failures_total);

static __always_inline void emit(void *ringbuf, struct request *request,
				 const struct span_context *parent, u64 start, u64 end, u8 *span_id)
{
	struct request_span *span = reserve_record(ringbuf, sizeof(*span),
						   &bio_trace_ringbuf_reserve_failures_total);

	if (!span)
		return;
	fill_span(&span->base, parent, start, end - start);
	span->device = request_device(request);
	span->operation = request_operation(request);
	if (span_id)
		__builtin_memcpy(span_id, span->base.span_id, sizeof(span->base.span_id));
	bpf_ringbuf_submit(span, 0);
}

/* An I/O scheduler queues the request. Each request has a trace of its own. */
SEC("raw_tp/block_rq_insert")
int block_rq_insert(struct bpf_raw_tracepoint_args *ctx)
{
	struct request *request = request_of(ctx);
	u64 address = (u64)request;
	struct in_flight state = {
		.allocated = BPF_CORE_READ(request, start_time_ns),
		.inserted_at = bpf_ktime_get_ns(),
	};

	make_id(state.trace.trace_id, sizeof(state.trace.trace_id));
	bpf_map_update_elem(&requests, &address, &state, BPF_ANY);
	return 0;
}

/* The device gets the request: the insert span ends, and the service span begins below it. */
SEC("raw_tp/block_rq_issue")
int block_rq_issue(struct bpf_raw_tracepoint_args *ctx)
{
	struct request *request = request_of(ctx);
	u64 address = (u64)request;
	struct in_flight *known = bpf_map_lookup_elem(&requests, &address);
	struct in_flight state = {
		.allocated = BPF_CORE_READ(request, start_time_ns),
		.issued_at = bpf_ktime_get_ns(),
	};

	if (known && known->allocated == state.allocated) {
		if (known->issued_at)
			return 0; /* issued again, because the device was busy */
		known->issued_at = state.issued_at;
		emit(&block_rq_insert_spans, request, &known->trace, known->inserted_at,
		     state.issued_at, known->trace.span_id);
		return 0;
	}
	make_id(state.trace.trace_id, sizeof(state.trace.trace_id));
	bpf_map_update_elem(&requests, &address, &state, BPF_ANY);
	return 0;
}

SEC("raw_tp/block_rq_complete")
int block_rq_complete(struct bpf_raw_tracepoint_args *ctx)
{
	struct request *request = (struct request *)ctx->args[0];
	u64 address = (u64)request;
	struct in_flight *known;

	if (!completes(request, ctx->args[2]))
		return 0;
	known = bpf_map_lookup_elem(&requests, &address);
	if (!known)
		return 0; /* issued before these programs were attached */
	if (known->issued_at)
		emit(&block_rq_service_spans, request, &known->trace, known->issued_at,
		     bpf_ktime_get_ns(), NULL);
	bpf_map_delete_elem(&requests, &address);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
