// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

/* Keyed by the CPU's number, 4 bytes as the label has. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, u64);
} llc_references_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, u64);
} llc_misses_total SEC(".maps");

/* A sample stands for the events since the last one on this CPU: about those of a second. */
static __always_inline int count(void *map, struct bpf_perf_event_data *ctx)
{
	u32 cpu = bpf_get_smp_processor_id();

	add_to(map, &cpu, ctx->sample_period);
	return 0;
}

/* type 0 is PERF_TYPE_HARDWARE; config 3 its cache misses, 2 its cache references */
SEC("perf_event/type=0,config=3,frequency=1")
int cache_miss(struct bpf_perf_event_data *ctx)
{
	return count(&llc_misses_total, ctx);
}

SEC("perf_event/type=0,config=2,frequency=1")
int cache_reference(struct bpf_perf_event_data *ctx)
{
	return count(&llc_references_total, ctx);
}

char LICENSE[] SEC("license") = "GPL";
