// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Two programs that load; one attaches, the other can't. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} switches_total SEC(".maps");

SEC("raw_tp/sched_switch")
int attaches(void *ctx)
{
	u32 key = 0;

	increment(&switches_total, &key);
	return 0;
}

SEC("raw_tp/no_such_tracepoint")
int cannot_attach(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
