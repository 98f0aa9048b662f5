// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "probe.h"
#include "maps.h"
#include "host.h"
#include "decades.h"
#include "java_thread.h"

/* name, length, number in Java, number in the kernel, whether it is a daemon */
#define IS_DAEMON 4

enum what { PARKS = 1, SLEEPS };

struct thread_key {
	struct thread_name thread;
	u64 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u64);
} jvm_threads_started_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u64);
} jvm_threads_stopped_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, struct thread_key);
	__type(value, u64);
} jvm_thread_park_seconds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, struct thread_key);
	__type(value, u64);
} jvm_thread_sleep_seconds SEC(".maps");

ON_PROBE(hotspot, thread__start)
{
	u32 daemon = argument(ctx, IS_DAEMON) & 1;

	learn_name(ctx);
	increment(&jvm_threads_started_total, &daemon);
}

ON_PROBE(hotspot, thread__stop)
{
	u32 daemon = argument(ctx, IS_DAEMON) & 1;

	increment(&jvm_threads_stopped_total, &daemon);
}

static __always_inline void begins(u32 what)
{
	struct thread *thread = thread_of(bpf_get_current_task_btf());

	if (thread) {
		thread->what = what;
		thread->since = bpf_ktime_get_ns();
	}
}

static __always_inline void ends(u32 what, void *map)
{
	struct thread *thread = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), NULL, 0);
	struct thread_key key = {};

	if (!thread || thread->what != what)
		return;
	key.thread = thread->name;
	observe_decade(map, &key, to_micros(bpf_ktime_get_ns() - thread->since));
	thread->what = 0;
}

ON_PROBE(hotspot, thread__park__begin)
{
	begins(PARKS);
}

ON_PROBE(hotspot, thread__park__end)
{
	ends(PARKS, &jvm_thread_park_seconds);
}

ON_PROBE(hotspot, thread__sleep__begin)
{
	begins(SLEEPS);
}

ON_PROBE(hotspot, thread__sleep__end)
{
	ends(SLEEPS, &jvm_thread_sleep_seconds);
}

char LICENSE[] SEC("license") = "GPL";
