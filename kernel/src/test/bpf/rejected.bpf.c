// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* What the verifier refuses, saying that the map's value may be null. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} rejected_total SEC(".maps");

SEC("raw_tp/sched_switch")
int forgets_null_check(struct bpf_raw_tracepoint_args *ctx)
{
	u32 key = 0;
	u64 *value = bpf_map_lookup_elem(&rejected_total, &key);

	*value += 1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
