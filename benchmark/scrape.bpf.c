// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Maps for the scrape benchmark, and no program. User space sets max_entries before it loads the object. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

struct row_key {
	u64 a;
	u64 b;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct row_key);
	__type(value, u64);
} bench_rows_total SEC(".maps");

struct latency_key {
	u64 a;
	u64 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct latency_key);
	__type(value, u64);
} bench_latency_seconds SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
