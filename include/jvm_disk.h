/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * What jvm-disk and jvm-io have in common: the time that operations on files take, and the block I/O that a JVM's
 * threads ask for themselves, with its programs. Include block.h, maps.h, host.h,
 * java_thread.h and span.h first, and define BLOCK_SPANS_LOST, which counts spans that had no room, by
 * RINGBUF_RESERVE_FAILURES.
 */

#define MAX_BUCKET 27 /* 2^27 µs: 2 min */

struct operation_key {
	u32 operation;
	u32 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct operation_key);
	__type(value, u64);
} jvm_file_operation_seconds SEC(".maps");

/* Spans of block requests that took as long or longer; 0: none. Set before load. */
const volatile u64 slow_block_io_ns = 0;

/* Requests are recycled, and one that is merged into another never completes. The time when it was
 * allocated tells it from the next one at the same address. */
struct start {
	u64 at;
	u64 allocated;
	/* Who asked for it; known only for spans. */
	struct thread_name thread;
	u64 java_thread_id;
	u32 tid;
};

struct block_span {
	struct span_base base;
	struct thread_name thread;
	u64 java_thread_id;
	u32 tid;
	u32 device;
	u32 operation;
	u32 bytes;
};

struct block_key {
	u32 device;
	u32 operation;
	u64 bucket;
};

/* Requests in flight, by address. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, u64);
	__type(value, struct start);
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct block_key);
	__type(value, u64);
} jvm_block_io_seconds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 128 * 1024);
} jvm_block_io_spans SEC(".maps");

static __always_inline void name_thread(struct start *start)
{
	struct thread *thread = thread_of(bpf_get_current_task_btf());

	start->tid = bpf_get_current_pid_tgid();
	if (thread) {
		start->thread = thread->name;
		start->java_thread_id = thread->java_id;
	}
}

static __always_inline void emit(const struct start *start, const struct block_key *key, u32 bytes,
				 u64 nanos)
{
	static const struct span_context none = {};
	struct block_span *span = reserve_record(&jvm_block_io_spans, sizeof(*span),
						 &BLOCK_SPANS_LOST);

	if (!span)
		return;
	fill_span(&span->base, &none, start->at, nanos);
	span->thread = start->thread;
	span->java_thread_id = start->java_thread_id;
	span->tid = start->tid;
	span->device = key->device;
	span->operation = key->operation;
	span->bytes = bytes;
	bpf_ringbuf_submit(span, 0);
}

/*
 * A request belongs to the process that made it, which is the one that inserts or issues it, or (where
 * requests are not queued, or are issued later by the kernel) the one that inserted it.
 */
static __always_inline void requested(struct bpf_raw_tracepoint_args *ctx)
{
	u64 request = (u64)request_of(ctx);
	struct start start = {};
	struct start *queued;

	if (!watched_current())
		return;
	start.at = bpf_ktime_get_ns();
	start.allocated = BPF_CORE_READ((struct request *)request, start_time_ns);
	if (slow_block_io_ns)
		name_thread(&start);
	queued = bpf_map_lookup_elem(&starts, &request);
	if (!queued || queued->allocated != start.allocated)
		bpf_map_update_elem(&starts, &request, &start, BPF_ANY);
}

SEC("raw_tp/block_rq_insert")
int block_rq_insert(struct bpf_raw_tracepoint_args *ctx)
{
	requested(ctx);
	return 0;
}

SEC("raw_tp/block_rq_issue")
int block_rq_issue(struct bpf_raw_tracepoint_args *ctx)
{
	requested(ctx);
	return 0;
}

SEC("raw_tp/block_rq_complete")
int block_rq_complete(struct bpf_raw_tracepoint_args *ctx)
{
	struct request *request = (struct request *)ctx->args[0];
	u64 address = (u64)request;
	struct start *start = bpf_map_lookup_elem(&starts, &address);
	struct block_key key = {};
	u64 nanos;

	if (!start || !completes(request, ctx->args[2]))
		return 0;
	/* Another process's, at the address of one of ours that was merged. */
	if (start->allocated == BPF_CORE_READ(request, start_time_ns)) {
		key.device = request_device(request);
		key.operation = request_operation(request);
		nanos = bpf_ktime_get_ns() - start->at;
		observe_exp2(&jvm_block_io_seconds, &key, to_micros(nanos), MAX_BUCKET);
		if (slow_block_io_ns && nanos >= slow_block_io_ns)
			emit(start, &key, ctx->args[2], nanos);
	}
	bpf_map_delete_elem(&starts, &address);
	return 0;
}
