// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* A file that contains two times: of the last heartbeat, which is in the map, and now. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64); /* CLOCK_MONOTONIC, as bpf_ktime_get_ns() */
} heard SEC(".maps");

SEC("iter/bpf_map_elem")
int heartbeat(struct bpf_iter__bpf_map_elem *ctx)
{
	u64 *value = ctx->value;
	u64 times[2];

	if (!value)
		return 0;
	times[0] = *value;
	times[1] = bpf_ktime_get_ns();
	bpf_seq_write(ctx->meta->seq, times, sizeof(times));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
