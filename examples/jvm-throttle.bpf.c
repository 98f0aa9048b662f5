// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "span.h"

#define MAX_BUCKET 26 /* 2^26 µs: 67 s */
#define MAX_LEVELS 16

/* The cgroups to watch: the host's, and those above it, which may have quotas, too. All zeros: every one. */
const volatile u64 host_cpu_cgroups[MAX_LEVELS] = {};

/* Whether each time that one is held back is a span, too. Set before load. */
const volatile u32 notable_spans = 0;

struct throttled_span {
	struct span_base base;
	u64 cgroup;
	u64 all_cpus_ns;
};

/* The kernel's own figures of a cgroup, as they were last. */
struct figures {
	u64 throttled_nanos;
	u64 throttled_periods;
	u64 periods;
	u64 at;
};

struct throttled_key {
	u64 cgroup;
	u64 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, struct figures);
} last SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384); /* some 1000 cgroups; the dead ones make room */
	__type(key, struct throttled_key);
	__type(value, u64);
} jvm_throttled_seconds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, u64);
} jvm_throttled_periods_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, u64);
} jvm_cpu_periods_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} jvm_throttled_spans SEC(".maps");

RINGBUF_RESERVE_FAILURES(jvm_throttle_ringbuf_reserve_failures_total);

static __always_inline bool watched_cgroup(u64 id)
{
	if (!host_cpu_cgroups[0])
		return true;
	for (int i = 0; i < MAX_LEVELS; i++)
		if (host_cpu_cgroups[i] == id)
			return true;
	return false;
}

/*
 * Every group of tasks has a timer that gives it its quota again, and what that calls is the same function
 * for all. So the one of the group that happens to run here tells these timers from all others.
 */
static __always_inline struct task_group *group_of(struct hrtimer *timer)
{
	struct task_group *any = bpf_get_current_task_btf()->sched_task_group;

	if (!any || timer->function != any->cfs_bandwidth.period_timer.function)
		return NULL;
	return (void *)timer - bpf_core_field_offset(struct task_group, cfs_bandwidth.period_timer);
}

/* CPUs are held back at the same time: no longer than since the timer ran last. */
static __always_inline void emit(u64 cgroup, u64 all_cpus_ns, u64 since, u64 now)
{
	static const struct span_context none = {};
	struct throttled_span *span = reserve_record(&jvm_throttled_spans, sizeof(*span),
						     &jvm_throttle_ringbuf_reserve_failures_total);
	u64 nanos = all_cpus_ns < now - since ? all_cpus_ns : now - since;

	if (!span)
		return;
	fill_span(&span->base, &none, now - nanos, nanos);
	span->cgroup = cgroup;
	span->all_cpus_ns = all_cpus_ns;
	bpf_ringbuf_submit(span, 0);
}

static __always_inline void count(u64 cgroup, const struct figures *before,
				  const struct figures *now)
{
	struct throttled_key key = { .cgroup = cgroup };
	u64 nanos = now->throttled_nanos - before->throttled_nanos;

	if (nanos) {
		observe_exp2(&jvm_throttled_seconds, &key, to_micros(nanos), MAX_BUCKET);
		if (notable_spans)
			emit(cgroup, nanos, before->at, now->at);
	}
	if (now->throttled_periods != before->throttled_periods)
		add_to(&jvm_throttled_periods_total, &cgroup,
		       now->throttled_periods - before->throttled_periods);
	if (now->periods != before->periods)
		add_to(&jvm_cpu_periods_total, &cgroup, now->periods - before->periods);
}

/* The timer has run: its group may go on. */
SEC("tp_btf/hrtimer_expire_exit")
int BPF_PROG(hrtimer_expire_exit, struct hrtimer *timer)
{
	struct task_group *group = group_of(timer);
	struct figures now, *before;
	u64 cgroup;

	if (!group)
		return 0;
	cgroup = BPF_CORE_READ(group, css.cgroup, kn, id);
	if (!watched_cgroup(cgroup))
		return 0;
	now.throttled_nanos = BPF_CORE_READ(group, cfs_bandwidth.throttled_time);
	now.throttled_periods = (u32)BPF_CORE_READ(group, cfs_bandwidth.nr_throttled);
	now.periods = (u32)BPF_CORE_READ(group, cfs_bandwidth.nr_periods);
	now.at = bpf_ktime_get_ns();
	before = bpf_map_lookup_elem(&last, &cgroup);
	if (before)
		count(cgroup, before, &now);
	bpf_map_update_elem(&last, &cgroup, &now, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
