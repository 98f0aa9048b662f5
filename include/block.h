/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Helpers for the block requests of the raw tracepoints block_rq_*, on kernels from 5.10 on.
 */

#define REQ_OP_MASK 0xff /* as in the kernel: the lowest byte of cmd_flags is the operation */

/* Kernels before 5.11 also passed the queue. CO-RE ignores the suffix after ___ when it matches types. */
typedef void (*btf_trace_block_rq_issue___with_queue)(void *, struct request_queue *,
						      struct request *);

/* Before 5.17 the disk was a member of the request. */
struct request___with_disk {
	struct gendisk *rq_disk;
};

/* Returns the request of block_rq_insert and block_rq_issue. */
static __always_inline struct request *request_of(struct bpf_raw_tracepoint_args *ctx)
{
	if (bpf_core_type_matches(btf_trace_block_rq_issue___with_queue))
		return (struct request *)ctx->args[1];
	return (struct request *)ctx->args[0];
}

/* Returns the device number in the format of the decoder `majorminor`, the kernel's new_encode_dev. */
static __always_inline __u32 request_device(struct request *request)
{
	struct request___with_disk *older = (void *)request;
	struct gendisk *disk;
	__u32 major, minor;

	if (bpf_core_field_exists(older->rq_disk))
		disk = BPF_CORE_READ(older, rq_disk);
	else
		disk = BPF_CORE_READ(request, q, disk);
	if (!disk)
		return 0;
	major = BPF_CORE_READ(disk, major);
	minor = BPF_CORE_READ(disk, first_minor);
	return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
}

/* Returns the operation, an enum req_op. */
static __always_inline __u32 request_operation(struct request *request)
{
	return BPF_CORE_READ(request, cmd_flags) & REQ_OP_MASK;
}

/*
 * Whether this call of block_rq_complete, with its number of bytes, completes the whole request: a device
 * may complete a request in parts.
 */
static __always_inline bool completes(struct request *request, __u32 bytes)
{
	return bytes >= BPF_CORE_READ(request, __data_len);
}
