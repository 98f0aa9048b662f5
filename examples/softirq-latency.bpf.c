// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

#define MAX_BUCKET 21 /* 2^21 µs: 2 s */

struct latency_key {
	u64 kind;
	u64 bucket;
};

/* A softirq runs on the CPU that raised it, so per-CPU maps see both ends. All arrays are by kind. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_SOFTIRQS);
	__type(key, u32);
	__type(value, u64);
} softirq_raised_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_SOFTIRQS);
	__type(key, u32);
	__type(value, u64);
} softirq_serviced_total SEC(".maps");

/* When a pending softirq was raised first; 0 when none is pending. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_SOFTIRQS);
	__type(key, u32);
	__type(value, u64);
} softirq_raise_timestamp SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_SOFTIRQS);
	__type(key, u32);
	__type(value, u64);
} softirq_entry_timestamp SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, NR_SOFTIRQS * (MAX_BUCKET + 2));
	__type(key, struct latency_key);
	__type(value, u64);
} softirq_entry_latency_seconds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, NR_SOFTIRQS * (MAX_BUCKET + 2));
	__type(key, struct latency_key);
	__type(value, u64);
} softirq_service_latency_seconds SEC(".maps");

SEC("tp_btf/softirq_raise")
int BPF_PROG(softirq_raise, unsigned int vec)
{
	u64 *raised_at = bpf_map_lookup_elem(&softirq_raise_timestamp, &vec);

	increment(&softirq_raised_total, &vec);
	/* Raised again while pending: the wait began with the first one. */
	if (raised_at && !*raised_at)
		*raised_at = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(softirq_entry, unsigned int vec)
{
	u64 *raised_at = bpf_map_lookup_elem(&softirq_raise_timestamp, &vec);
	u64 *entered_at = bpf_map_lookup_elem(&softirq_entry_timestamp, &vec);
	u64 now = bpf_ktime_get_ns();
	struct latency_key key = { .kind = vec };

	if (!raised_at || !entered_at)
		return 0;
	*entered_at = now;
	/* 0 if it was raised before this program was attached */
	if (*raised_at) {
		observe_exp2(&softirq_entry_latency_seconds, &key, to_micros(now - *raised_at), MAX_BUCKET);
		*raised_at = 0;
	}
	return 0;
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(softirq_exit, unsigned int vec)
{
	u64 *entered_at = bpf_map_lookup_elem(&softirq_entry_timestamp, &vec);
	struct latency_key key = { .kind = vec };

	if (!entered_at || !*entered_at)
		return 0;
	increment(&softirq_serviced_total, &vec);
	observe_exp2(&softirq_service_latency_seconds, &key, to_micros(bpf_ktime_get_ns() - *entered_at),
		     MAX_BUCKET);
	*entered_at = 0;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
