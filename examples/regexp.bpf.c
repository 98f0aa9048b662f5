// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

#define TASK_COMM_LEN 16

struct comm_key {
	char comm[TASK_COMM_LEN];
};

/* LRU, because any task that needs memory may shrink a cache, and tasks name themselves. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct comm_key);
	__type(value, u64);
} mm_shrink_slab_events_total SEC(".maps");

SEC("tp_btf/mm_shrink_slab_end")
int BPF_PROG(mm_shrink_slab_end)
{
	struct comm_key key = {};

	bpf_get_current_comm(key.comm, sizeof(key.comm));
	increment(&mm_shrink_slab_events_total, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
