// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Software events that any kernel samples, and sections that can't be had. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u64);
} samples_total SEC(".maps");

/* type 1 is PERF_TYPE_SOFTWARE, config 0 its cpu-clock */
SEC("perf_event/type=1,config=0,frequency=100")
int sample(void *ctx)
{
	u32 cpu = bpf_get_smp_processor_id();

	increment(&samples_total, &cpu);
	return 0;
}

SEC("perf_event/type=4242,config=7,frequency=1")
int no_such_pmu(void *ctx)
{
	return 0;
}

SEC("perf_event/type=1,config=lots,frequency=1")
int no_number(void *ctx)
{
	return 0;
}

SEC("xdp/no-such-device")
int no_such_device(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
