// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Records for tests, emitted through BPF_PROG_TEST_RUN. A kernel address, which is what the tracepoint
 * passes, is negative and emits nothing.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

#define RINGBUF_BYTES (16 * 1024)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RINGBUF_BYTES);
} records SEC(".maps");

/* Whether hold() may go on. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} released SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64[512]);
} scratch SEC(".maps");

/* What the argument says: how many records, of how many bytes, and the first one's number. */
struct emission {
	u32 count;
	u32 length;
	u64 number;
	u32 emitted;
};

static struct emission unpack(u64 argument)
{
	struct emission emission = {
		.count = argument & 0xffff,
		.length = argument >> 16 & 0x0fff,
		.number = argument >> 32,
	};

	return emission;
}

static long emit_one(u32 index, struct emission *emission)
{
	u32 only = 0;
	u64 *record = bpf_map_lookup_elem(&scratch, &only);

	if (!record)
		return 1;
	record[0] = emission->number + index;
	if (bpf_ringbuf_output(&records, record, emission->length & 0x0fff, 0))
		return 1;
	emission->emitted++;
	return 0;
}

/* Returns how many records there was room for. */
SEC("raw_tp/sched_kthread_stop")
int emit(u64 *args)
{
	struct emission emission = unpack(args[0]);

	if ((s64)args[0] < 0)
		return 0;
	bpf_loop(emission.count, emit_one, &emission, 0);
	return emission.emitted;
}

/* Reserves a record and takes it back. */
SEC("raw_tp/sched_kthread_stop")
int discard(u64 *args)
{
	void *record;

	if ((s64)args[0] < 0)
		return 0;
	record = bpf_ringbuf_reserve(&records, 24, 0);
	if (!record)
		return 0;
	bpf_ringbuf_discard(record, 0);
	return 1;
}

static long until_released(u32 index, void *context)
{
	u32 only = 0;
	volatile u64 *value = bpf_map_lookup_elem(&released, &only);

	return !value || *value;
}

static long longer(u32 index, void *context)
{
	u32 only = 0;
	u64 *value = bpf_map_lookup_elem(&released, &only);

	bpf_loop(1 << 20, until_released, NULL, 0);
	return !value || *value;
}

/* Reserves a record and submits it when the map says so, or in a few seconds. */
SEC("raw_tp/sched_kthread_stop")
int hold(u64 *args)
{
	u64 *record;

	if ((s64)args[0] < 0)
		return 0;
	record = bpf_ringbuf_reserve(&records, 8, 0);
	if (!record)
		return 0;
	*record = args[0] >> 32;
	bpf_loop(256, longer, NULL, 0);
	bpf_ringbuf_submit(record, 0);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
