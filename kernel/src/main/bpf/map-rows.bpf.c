// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* A file that contains a map's rows: the key and the value of each, as they are in the map. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

/* Set before loading. The kernel checks on attaching that they fit the map. */
const volatile u64 key_size = 0;
const volatile u64 value_size = 0;

SEC("iter/bpf_map_elem")
int map_rows(struct bpf_iter__bpf_map_elem *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	void *key = ctx->key, *value = ctx->value;

	if (!key || !value)
		return 0;
	bpf_seq_write(seq, key, key_size);
	bpf_seq_write(seq, value, value_size);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
