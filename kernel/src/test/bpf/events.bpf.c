// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Perf events for tests, emitted through BPF_PROG_TEST_RUN. A kernel address, which is what the
 * tracepoint passes, is negative and emits nothing.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

/* 13 bytes of labels: the kernel pads the event to 20. */
struct event {
	u64 number;
	u32 kind;
	u8 flag;
} __attribute__((packed));

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, u32);
	__type(value, u32);
} events_total SEC(".maps");

struct emission {
	void *ctx;
	u32 kinds;
	u32 emitted;
};

static long emit_one(u32 index, struct emission *emission)
{
	struct event event = {.number = 1, .kind = index % emission->kinds, .flag = 7};

	if (!bpf_perf_event_output(emission->ctx, &events_total, BPF_F_CURRENT_CPU, &event, sizeof(event)))
		emission->emitted++;
	return 0;
}

/*
 * As many events as the low half of the argument says, of as many kinds as the other half. Returns for
 * how many there was room.
 */
SEC("raw_tp/sched_kthread_stop")
int emit(u64 *args)
{
	u64 argument = args[0];
	struct emission emission = {.ctx = args, .kinds = argument >> 32};

	if ((s64)argument < 0 || !emission.kinds)
		return 0;
	/* Masked: an inlined bpf_loop looks at the register's upper half, too, which clang leaves as it was. */
	bpf_loop(argument & 0xffffff, emit_one, &emission, 0);
	return emission.emitted;
}

/* An event that is shorter than the labels. */
SEC("raw_tp/sched_kthread_stop")
int emit_short(u64 *args)
{
	u32 half = 1;

	if ((s64)args[0] < 0)
		return 0;
	return !bpf_perf_event_output(args, &events_total, BPF_F_CURRENT_CPU, &half, sizeof(half));
}

char LICENSE[] SEC("license") = "GPL";
