// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Shows which address the loader set for a kernel symbol: the value of kaddr_seen_total. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

const volatile u64 kaddr_schedule = 0;
/* too narrow for an address */
const volatile u32 kaddr_vfs_read = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} kaddr_seen_total SEC(".maps");

SEC("raw_tp/sys_enter")
int sys_enter(void *ctx)
{
	u32 key = 0;
	u64 seen = kaddr_schedule + kaddr_vfs_read;

	bpf_map_update_elem(&kaddr_seen_total, &key, &seen, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
