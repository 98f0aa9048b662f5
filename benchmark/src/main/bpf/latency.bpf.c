// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* A map of ROWS histogram buckets and no program: the benchmark fills it. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

struct latency_key {
	u64 a;
	u64 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ROWS);
	__type(key, struct latency_key);
	__type(value, u64);
} bench_latency_seconds SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
