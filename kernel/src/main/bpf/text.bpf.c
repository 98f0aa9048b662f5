// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* A file that contains a text. A BPF file system has no regular files, so the text is in a map. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

/* The kernel's buffer has eight pages, so a text is split into pieces. */
#define PIECE 1024

/* Set before loading. */
const volatile u64 text_size = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set before loading */
	__type(key, u32);
	__uint(value_size, PIECE);
} pieces SEC(".maps");

SEC("iter/bpf_map_elem")
int text(struct bpf_iter__bpf_map_elem *ctx)
{
	u32 *key = ctx->key;
	void *value = ctx->value;
	u64 start, size;

	if (!key || !value)
		return 0;
	start = (u64)*key * PIECE;
	if (start >= text_size)
		return 0;
	size = text_size - start;
	if (size > PIECE)
		size = PIECE;
	bpf_seq_write(ctx->meta->seq, value, size);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
