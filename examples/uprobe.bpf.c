// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

/* LRU, because cgroups come and go: the dead ones must not fill the map for ever. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} libc_malloc_calls_total SEC(".maps");

/* libbpf looks for the library where the dynamic linker would. Each hit costs about a microsecond. */
SEC("uprobe/libc.so.6:malloc")
int malloc_called(struct pt_regs *ctx)
{
	u64 cgroup = bpf_get_current_cgroup_id();

	increment(&libc_malloc_calls_total, &cgroup);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
