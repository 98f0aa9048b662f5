// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "probe.h"
#include "maps.h"
#define MAX_CALLS 256
#include "call.h"

#define MAX_BUCKET 26 /* 2^26 µs: 67 s */

/* compiler, length, class, length, method, length, signature, length, whether it succeeded */
#define COMPILED 8

struct compilation_key {
	char compiler[16];
	u32 compiled;
	u32 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct compilation_key);
	__type(value, u64);
} jvm_compilation_seconds SEC(".maps");

ON_PROBE(hotspot, method__compile__begin)
{
	call_begins(0);
}

ON_PROBE(hotspot, method__compile__end)
{
	struct compilation_key key = { .compiled = argument(ctx, COMPILED) & 1 };
	u64 nanos = call_ends(0);

	if (!nanos)
		return;
	read_text(ctx, 0, key.compiler, sizeof(key.compiler));
	observe_exp2(&jvm_compilation_seconds, &key, to_micros(nanos), MAX_BUCKET);
}

char LICENSE[] SEC("license") = "GPL";
