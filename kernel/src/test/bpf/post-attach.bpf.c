// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The hook that runs once, after everything is attached. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} marks_total SEC(".maps");

SEC("uprobe//proc/self/exe:post_attach_mark")
int post_attach_mark(void *ctx)
{
	u32 key = 0;

	increment(&marks_total, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
