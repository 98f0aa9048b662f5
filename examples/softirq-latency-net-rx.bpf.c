// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

#define MAX_BUCKET 31 /* 2^31 ns: 2 s */

struct latency_key {
	u32 bucket;
};

/* A softirq runs on the CPU that raised it, so per-CPU maps see both ends. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} softirq_raised_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} softirq_serviced_total SEC(".maps");

/* When a pending softirq was raised first; 0 when none is pending. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} softirq_raise_timestamp SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_BUCKET + 2);
	__type(key, u32); /* struct latency_key; an array's key must be an integer */
	__type(value, u64);
} softirq_wait_seconds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} softirq_entry_timestamp SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_BUCKET + 2);
	__type(key, u32); /* struct latency_key */
	__type(value, u64);
} softirq_runtime_seconds SEC(".maps");

static const u32 only = 0; /* the key of the arrays with one element */

SEC("tp_btf/softirq_raise")
int BPF_PROG(softirq_raise, unsigned int vec)
{
	u64 *raised_at = bpf_map_lookup_elem(&softirq_raise_timestamp, &only);

	if (vec != NET_RX_SOFTIRQ || !raised_at)
		return 0;
	increment(&softirq_raised_total, &only);
	/* Raised again while pending: the wait began with the first one. */
	if (!*raised_at)
		*raised_at = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(softirq_entry, unsigned int vec)
{
	u64 *raised_at = bpf_map_lookup_elem(&softirq_raise_timestamp, &only);
	u64 *entered_at = bpf_map_lookup_elem(&softirq_entry_timestamp, &only);
	struct latency_key key = {};

	if (vec != NET_RX_SOFTIRQ || !raised_at || !entered_at)
		return 0;
	*entered_at = bpf_ktime_get_ns();
	/* 0 if it was raised before this program was attached */
	if (*raised_at) {
		observe_exp2(&softirq_wait_seconds, &key, *entered_at - *raised_at, MAX_BUCKET);
		*raised_at = 0;
	}
	return 0;
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(softirq_exit, unsigned int vec)
{
	u64 *entered_at = bpf_map_lookup_elem(&softirq_entry_timestamp, &only);
	struct latency_key key = {};

	if (vec != NET_RX_SOFTIRQ || !entered_at || !*entered_at)
		return 0;
	increment(&softirq_serviced_total, &only);
	observe_exp2(&softirq_runtime_seconds, &key, bpf_ktime_get_ns() - *entered_at, MAX_BUCKET);
	*entered_at = 0;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
