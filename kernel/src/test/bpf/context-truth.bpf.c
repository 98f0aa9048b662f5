// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"
#include "span.h"
#include "trace_context.h"

/*
 * Compares the context that programs find with the one that the application says it is in. It says so by a read of 7
 * bytes: the position is its span id without the lowest bit, or 0 for none. A read of 9 bytes says the same of the
 * trace, by the lower half of its id. A read of 5 bytes asks for the counts.
 */

#define SAYS 7
#define SAYS_TRACE 9
#define ASKS 5

#if defined(__TARGET_ARCH_arm64)
#define NR_PREAD64 67
#define THIRD_AND_FOURTH(registers, third, fourth)                                                  \
	({                                                                                          \
		third = BPF_CORE_READ(registers, regs[2]);                                          \
		fourth = BPF_CORE_READ(registers, regs[3]);                                         \
	})
#else
#define NR_PREAD64 17
#define THIRD_AND_FOURTH(registers, third, fourth)                                                  \
	({                                                                                          \
		third = BPF_CORE_READ(registers, dx);                                               \
		fourth = BPF_CORE_READ(registers, r10);                                             \
	})
#endif

enum outcome {
	RIGHT,
	RIGHTLY_NONE,
	WRONG,
	MISSING,
	UNEXPECTED,
	OUTCOMES,
};

u64 counts[OUTCOMES];

struct counts_span {
	struct span_base base;
	u64 counts[OUTCOMES];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} counts_spans SEC(".maps");

static __always_inline enum outcome outcome(u64 truth, bool of_trace)
{
	struct span_context found;
	u64 id;

	if (!current_trace_context(&found))
		return truth ? MISSING : RIGHTLY_NONE;
	if (!truth)
		return UNEXPECTED;
	id = of_trace ? *(u64 *)&found.trace_id[8] : *(u64 *)found.span_id;
	return bpf_be64_to_cpu(id) >> 1 == truth ? RIGHT : WRONG;
}

static __always_inline void emit(void)
{
	struct counts_span *span = bpf_ringbuf_reserve(&counts_spans, sizeof(*span), 0);

	if (!span)
		return;
	__builtin_memset(&span->base, 0, sizeof(span->base));
	span->base.span_monotonic_timestamp_ns = bpf_ktime_get_ns();
	__builtin_memcpy(span->counts, counts, sizeof(counts));
	bpf_ringbuf_submit(span, 0);
}

SEC("raw_tp/sys_enter")
int sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *registers = (void *)ctx->args[0];
	u64 size, position;
	u32 which;

	if (ctx->args[1] != NR_PREAD64)
		return 0;
	THIRD_AND_FOURTH(registers, size, position);
	if (size == ASKS)
		emit();
	if (size != SAYS && size != SAYS_TRACE)
		return 0;
	which = outcome(position, size == SAYS_TRACE);
	if (which < OUTCOMES)
		__sync_fetch_and_add(&counts[which], 1);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
