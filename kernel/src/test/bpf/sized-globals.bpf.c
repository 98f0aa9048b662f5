// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Variables of several sizes that whoever loads the object sets, and what the program saw of them. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

const volatile u8 one_byte = 0;
const volatile u32 four_bytes = 0;
const volatile u64 eight_bytes = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, u32);
	__type(value, u64);
} globals_seen SEC(".maps");

static void put(u32 index, u64 value)
{
	bpf_map_update_elem(&globals_seen, &index, &value, BPF_ANY);
}

SEC("raw_tp/sched_kthread_stop")
int see(void *ctx)
{
	put(0, one_byte);
	put(1, four_bytes);
	put(2, eight_bytes);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
