// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "call.h"
#include "maps.h"

#define MAX_BUCKET 26 /* 2^26 µs: 1 min */
#define SHRINK_NODE 0

struct latency_key {
	u32 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BUCKET + 2);
	__type(key, u32); /* struct latency_key; an array's key must be an integer */
	__type(value, u64);
} shrink_node_latency_seconds SEC(".maps");

SEC("fentry/shrink_node")
int BPF_PROG(shrink_node_begins)
{
	call_begins(SHRINK_NODE);
	return 0;
}

SEC("fexit/shrink_node")
int BPF_PROG(shrink_node_ends)
{
	struct latency_key key = {};
	u64 nanos = call_ends(SHRINK_NODE);

	if (nanos)
		observe_exp2(&shrink_node_latency_seconds, &key, to_micros(nanos), MAX_BUCKET);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
