// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

#define STACK_DEPTH 20

struct stack_key {
	u64 kstack[STACK_DEPTH];
};

/* LRU, because there is no telling how many stacks lead to a function. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct stack_key);
	__type(value, u64);
} mark_page_accessed_total SEC(".maps");

SEC("fentry/mark_page_accessed")
int BPF_PROG(mark_page_accessed)
{
	struct stack_key key = {}; /* what the stack does not fill stays 0: its end */

	bpf_get_stack(ctx, key.kstack, sizeof(key.kstack), 0);
	increment(&mark_page_accessed_total, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
