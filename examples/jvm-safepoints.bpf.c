// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "probe.h"
#include "maps.h"
#define MAX_CALLS 256
#include "call.h"

#define MAX_BUCKET 26 /* 2^26 µs: 67 s */
#define NAME_SIZE 40

enum call_kind { SAFEPOINT, OPERATION };

struct operation_key {
	char name[NAME_SIZE];
	u64 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BUCKET + 2);
	__type(key, u32);
	__type(value, u64);
} jvm_safepoint_seconds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct operation_key);
	__type(value, u64);
} jvm_vm_operation_seconds SEC(".maps");

ON_PROBE(hs_private, safepoint__begin)
{
	call_begins(SAFEPOINT);
}

ON_PROBE(hs_private, safepoint__end)
{
	struct {
		u32 bucket;
	} key = {};
	u64 nanos = call_ends(SAFEPOINT);

	if (nanos)
		observe_exp2(&jvm_safepoint_seconds, &key, to_micros(nanos), MAX_BUCKET);
}

ON_PROBE(hotspot, vmops__begin)
{
	call_begins(OPERATION);
}

ON_PROBE(hotspot, vmops__end)
{
	struct operation_key key = {};
	u64 nanos = call_ends(OPERATION);

	if (!nanos)
		return;
	read_text(ctx, 0, key.name, sizeof(key.name));
	observe_exp2(&jvm_vm_operation_seconds, &key, to_micros(nanos), MAX_BUCKET);
}

char LICENSE[] SEC("license") = "GPL";
