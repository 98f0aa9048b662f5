// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* A program that libbpf loads only when it is told to, beside one that it always loads. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} calls_total SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(enter, struct pt_regs *regs, long id)
{
	u32 key = 0;
	u64 *value = bpf_map_lookup_elem(&calls_total, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(leave, struct pt_regs *regs, long ret)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
