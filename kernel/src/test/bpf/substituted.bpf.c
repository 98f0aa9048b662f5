// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Probes of a library that whoever loads the object has to name. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} calls_total SEC(".maps");

static int count(void)
{
	u32 only = 0;
	u64 *calls = bpf_map_lookup_elem(&calls_total, &only);

	if (calls)
		__sync_fetch_and_add(calls, 1);
	return 0;
}

SEC("uprobe/thelibrary:getpgrp")
int on_call(void *ctx)
{
	return count();
}

SEC("uretprobe/thelibrary:getpgrp")
int on_return(void *ctx)
{
	return count();
}

char LICENSE[] SEC("license") = "GPL";
