// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

/*
 * What the operations tell: hits are the accesses without those that come from writing, misses the
 * additions to the cache without those of pages that are about to be written.
 */
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

/* mark_page_accessed and add_to_page_cache_lru only call these nowadays, and few still call them. */
SEC("fentry/folio_mark_accessed")
int BPF_PROG(folio_mark_accessed)
{
	return count(CACHE_ACCESS);
}

SEC("fentry/mark_buffer_dirty")
int BPF_PROG(mark_buffer_dirty)
{
	return count(CACHE_WRITES);
}

SEC("fentry/filemap_add_folio")
int BPF_PROG(filemap_add_folio)
{
	return count(PAGE_ADD_LRU);
}

SEC("raw_tp/writeback_dirty_folio")
int writeback_dirty_folio(struct bpf_raw_tracepoint_args *ctx)
{
	return count(PAGE_MARK_DIRTIES);
}

char LICENSE[] SEC("license") = "GPL";
