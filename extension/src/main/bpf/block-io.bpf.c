// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "block.h"
#include "maps.h"
#include "span.h"
#include "trace_context.h"
#include "kernel_span.h"

/*
 * Requests to disks, within the span whose thread submitted them. A request begins in its submitter; where it is sent to
 * the device that may be anyone, so that isn't looked at. One that is merged into another's request is part of that.
 */

const volatile u64 block_io_min_ns = 0;

struct in_flight {
	struct span_context parent;
	u64 since;
	u32 device;
	u32 operation;
	u32 bytes;
};

struct block_io_span {
	struct span_base base;
	u32 device;
	u32 operation;
	u32 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct in_flight);
} requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} block_io_spans SEC(".maps");

LEFT_OUT(block_io_left_out_total);

SEC("tp_btf/block_io_start")
int BPF_PROG(block_io_start, struct request *request)
{
	struct in_flight flight = { .since = bpf_ktime_get_ns() };
	u64 key = (u64)request;

	if (ebpf_agent_slots_by == BY_NOTHING)
		return 0;
	if (!begins_span(&block_io_left_out_total, &flight.parent, flight.since)) {
		/* Its place may have been another's, who never came back. */
		bpf_map_delete_elem(&requests, &key);
		return 0;
	}
	flight.device = request_device(request);
	flight.operation = request_operation(request);
	flight.bytes = BPF_CORE_READ(request, __data_len);
	bpf_map_update_elem(&requests, &key, &flight, BPF_ANY);
	return 0;
}

SEC("tp_btf/block_io_done")
int BPF_PROG(block_io_done, struct request *request)
{
	u64 key = (u64)request, now = bpf_ktime_get_ns();
	struct in_flight *flight = bpf_map_lookup_elem(&requests, &key);
	struct block_io_span *span;

	if (!flight)
		return 0;
	if (now - flight->since >= block_io_min_ns) {
		span = room_for_span(&block_io_spans, sizeof(*span), &block_io_left_out_total);
		if (span) {
			fill_span(&span->base, &flight->parent, flight->since, now - flight->since);
			span->device = flight->device;
			span->operation = flight->operation;
			span->bytes = flight->bytes;
			bpf_ringbuf_submit(span, 0);
		}
	}
	bpf_map_delete_elem(&requests, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
