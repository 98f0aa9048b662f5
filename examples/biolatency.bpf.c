// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "block.h"
#include "maps.h"

#define MAX_BUCKET 27 /* 2^27 µs: 2 min */

/* Requests are recycled, and one that is merged into another never completes. The time when it was
 * allocated tells it from the next one at the same address. */
struct start {
	u64 at;
	u64 allocated;
};

struct latency_key {
	u32 device;
	u32 operation;
	u64 bucket;
};

/* Requests in flight, by address. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct start);
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384); /* some 200 pairs of disk and operation */
	__type(key, struct latency_key);
	__type(value, u64);
} bio_latency_seconds SEC(".maps");

SEC("raw_tp/block_rq_insert")
int block_rq_insert(struct bpf_raw_tracepoint_args *ctx)
{
	u64 request = (u64)request_of(ctx);
	struct start start = {
		.at = bpf_ktime_get_ns(),
		.allocated = BPF_CORE_READ((struct request *)request, start_time_ns),
	};

	bpf_map_update_elem(&starts, &request, &start, BPF_ANY);
	return 0;
}

/* The latency begins here only for a request that no I/O scheduler queued. */
SEC("raw_tp/block_rq_issue")
int block_rq_issue(struct bpf_raw_tracepoint_args *ctx)
{
	u64 request = (u64)request_of(ctx);
	struct start *queued = bpf_map_lookup_elem(&starts, &request);
	struct start start = {
		.at = bpf_ktime_get_ns(),
		.allocated = BPF_CORE_READ((struct request *)request, start_time_ns),
	};

	if (!queued || queued->allocated != start.allocated)
		bpf_map_update_elem(&starts, &request, &start, BPF_ANY);
	return 0;
}

SEC("raw_tp/block_rq_complete")
int block_rq_complete(struct bpf_raw_tracepoint_args *ctx)
{
	struct request *request = (struct request *)ctx->args[0];
	u64 address = (u64)request;
	struct start *start;
	struct latency_key key = {};

	if (!completes(request, ctx->args[2]))
		return 0;
	start = bpf_map_lookup_elem(&starts, &address);
	if (!start)
		return 0; /* issued before these programs were attached */
	key.device = request_device(request);
	key.operation = request_operation(request);
	observe_exp2(&bio_latency_seconds, &key, to_micros(bpf_ktime_get_ns() - start->at), MAX_BUCKET);
	bpf_map_delete_elem(&starts, &address);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
