// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

/* cachestat.bpf.c tells what these are good for. */
enum operation { CACHE_ACCESS, CACHE_WRITES, PAGE_ADD_LRU, PAGE_MARK_DIRTIES, OPERATIONS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, OPERATIONS);
	__type(key, u8);
	__type(value, u64);
} page_cache_ops_total SEC(".maps");

static __always_inline int count(u8 operation)
{
	increment(&page_cache_ops_total, &operation);
	return 0;
}

SEC("fentry/mark_page_accessed")
int BPF_PROG(mark_page_accessed)
{
	return count(CACHE_ACCESS);
}

SEC("fentry/mark_buffer_dirty")
int BPF_PROG(mark_buffer_dirty)
{
	return count(CACHE_WRITES);
}

SEC("fentry/add_to_page_cache_lru")
int BPF_PROG(add_to_page_cache_lru)
{
	return count(PAGE_ADD_LRU);
}

SEC("fentry/account_page_dirtied")
int BPF_PROG(account_page_dirtied)
{
	return count(PAGE_MARK_DIRTIES);
}

char LICENSE[] SEC("license") = "GPL";
