// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "probe.h"
#include "maps.h"

#define MAX_BUCKET 26 /* 2^26 µs: 67 s */
#define NAME_SIZE 32

struct name {
	char text[NAME_SIZE];
};

/* A pause: in it all threads stand still. */
struct pause {
	u64 began;
	u32 full;
};

struct pause_key {
	struct name operation;
	u32 full;
	u32 bucket;
};

/* A garbage collector of one JVM, as its GarbageCollectorMXBean shows it. */
struct collector {
	u32 tgid;
	struct name name;
};

struct collection {
	struct name pool;
	u64 began;
};

struct collection_key {
	struct name collector;
	u64 bucket;
};

/* What the VM thread does, by its id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct name);
} operations SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct pause);
} pauses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct collector);
	__type(value, struct collection);
} collections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, struct pause_key);
	__type(value, u64);
} jvm_gc_pause_seconds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct collection_key);
	__type(value, u64);
} jvm_gc_collection_seconds SEC(".maps");

ON_PROBE(hotspot, vmops__begin)
{
	u32 thread = bpf_get_current_pid_tgid();
	struct name operation = {};

	read_text(ctx, 0, operation.text, sizeof(operation.text));
	bpf_map_update_elem(&operations, &thread, &operation, BPF_ANY);
}

ON_PROBE(hotspot, vmops__end)
{
	u32 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&operations, &thread);
}

ON_PROBE(hotspot, gc__begin)
{
	u32 thread = bpf_get_current_pid_tgid();
	struct pause pause = { .began = bpf_ktime_get_ns(), .full = argument(ctx, 0) & 1 };

	bpf_map_update_elem(&pauses, &thread, &pause, BPF_ANY);
}

ON_PROBE(hotspot, gc__end)
{
	u32 thread = bpf_get_current_pid_tgid();
	struct pause *pause = bpf_map_lookup_elem(&pauses, &thread);
	struct name *operation = bpf_map_lookup_elem(&operations, &thread);
	struct pause_key key = {};

	if (!pause)
		return;
	if (operation)
		key.operation = *operation;
	key.full = pause->full;
	observe_exp2(&jvm_gc_pause_seconds, &key, to_micros(bpf_ktime_get_ns() - pause->began),
		     MAX_BUCKET);
	bpf_map_delete_elem(&pauses, &thread);
}

/*
 * A collection fires its probes once for each memory pool of the JVM, always in the same order. So the pool
 * that came first at a collector's first collection tells all others.
 */
ON_PROBE(hotspot, mem__pool__gc__begin)
{
	struct collector collector = { .tgid = bpf_get_current_pid_tgid() >> 32 };
	struct collection first = { .began = bpf_ktime_get_ns() };
	struct collection *known;

	read_text(ctx, 0, collector.name.text, sizeof(collector.name.text));
	read_text(ctx, 2, first.pool.text, sizeof(first.pool.text));
	known = bpf_map_lookup_elem(&collections, &collector);
	if (!known)
		bpf_map_update_elem(&collections, &collector, &first, BPF_NOEXIST);
	else if (!__builtin_memcmp(&known->pool, &first.pool, sizeof(first.pool)))
		known->began = first.began;
}

ON_PROBE(hotspot, mem__pool__gc__end)
{
	struct collector collector = { .tgid = bpf_get_current_pid_tgid() >> 32 };
	struct collection_key key = {};
	struct collection *known;
	struct name pool = {};

	read_text(ctx, 0, collector.name.text, sizeof(collector.name.text));
	read_text(ctx, 2, pool.text, sizeof(pool.text));
	known = bpf_map_lookup_elem(&collections, &collector);
	if (!known || !known->began || __builtin_memcmp(&known->pool, &pool, sizeof(pool)))
		return;
	key.collector = collector.name;
	observe_exp2(&jvm_gc_collection_seconds, &key, to_micros(bpf_ktime_get_ns() - known->began),
		     MAX_BUCKET);
	known->began = 0;
}

char LICENSE[] SEC("license") = "GPL";
