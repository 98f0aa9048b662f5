// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "host.h"
#include "controller.h"
#include "span.h"

#define MAX_BUCKET 26 /* 2^26 µs: 67 s */

/* The cgroup in which processes are killed, or below which; 0: wherever. */
const volatile u64 host_memory_cgroup = 0;

/* Whether each kill is a span, too. Set before load. */
const volatile u32 notable_spans = 0;

struct kill_span {
	struct span_base base;
	u64 cgroup;
	u32 pid;
	char comm[16];
};

enum reclaim { NO_RECLAIM, GLOBAL, CGROUP };

struct stall {
	u64 began;
	u32 reclaim;
};

struct reclaim_key {
	u32 reclaim;
	u32 bucket;
};

/* A kind of memory of one process. */
struct rss {
	u64 mm;
	u64 kind;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct stall);
} stalls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct rss);
	__type(value, s64);
} last_rss SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct reclaim_key);
	__type(value, u64);
} jvm_reclaim_stall_seconds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, u64);
} jvm_oom_kills_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4); /* NR_MM_COUNTERS */
	__type(key, u32);
	__type(value, u64);
} jvm_rss_growth_pages_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} jvm_page_cache_misses_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} jvm_oom_kill_spans SEC(".maps");

RINGBUF_RESERVE_FAILURES(jvm_memory_ringbuf_reserve_failures_total);

static __always_inline void stall_begins(u32 reclaim)
{
	struct stall *stall;

	if (!watched_current())
		return;
	stall = bpf_task_storage_get(&stalls, bpf_get_current_task_btf(), NULL,
				     BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (stall) {
		stall->reclaim = reclaim;
		stall->began = bpf_ktime_get_ns();
	}
}

static __always_inline void stall_ends(void)
{
	struct reclaim_key key = {};
	struct stall *stall;

	if (!watched_current())
		return;
	stall = bpf_task_storage_get(&stalls, bpf_get_current_task_btf(), NULL, 0);
	if (!stall || stall->reclaim == NO_RECLAIM)
		return;
	key.reclaim = stall->reclaim;
	observe_exp2(&jvm_reclaim_stall_seconds, &key, to_micros(bpf_ktime_get_ns() - stall->began),
		     MAX_BUCKET);
	stall->reclaim = NO_RECLAIM;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int BPF_PROG(direct_reclaim_begin)
{
	stall_begins(GLOBAL);
	return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int BPF_PROG(direct_reclaim_end)
{
	stall_ends();
	return 0;
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int BPF_PROG(memcg_reclaim_begin)
{
	stall_begins(CGROUP);
	return 0;
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(memcg_reclaim_end)
{
	stall_ends();
	return 0;
}

static __always_inline bool is_below(struct cgroup_subsys_state *state, u64 cgroup)
{
	for (int i = 0; i < MAX_CGROUP_LEVELS && state; i++) {
		if (cgroup_id(state) == cgroup)
			return true;
		state = BPF_CORE_READ(state, parent);
	}
	return false;
}

static __always_inline void emit(struct task_struct *task, u64 cgroup)
{
	static const struct span_context none = {};
	struct kill_span *span = reserve_record(&jvm_oom_kill_spans, sizeof(*span),
						&jvm_memory_ringbuf_reserve_failures_total);

	if (!span)
		return;
	fill_span(&span->base, &none, bpf_ktime_get_ns(), 0);
	span->cgroup = cgroup;
	span->pid = task->tgid;
	bpf_probe_read_kernel(span->comm, sizeof(span->comm), task->comm);
	bpf_ringbuf_submit(span, 0);
}

/* A victim is marked when it is chosen, and dies in its own cgroup, whoever chose it. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	struct cgroup_subsys_state *state;
	u64 cgroup;

	if (task->signal->live.counter || !task->signal->oom_mm)
		return 0;
	state = controller_state(task, memory_cgrp_id);
	if (host_memory_cgroup && !is_below(state, host_memory_cgroup))
		return 0;
	cgroup = cgroup_id(state);
	increment(&jvm_oom_kills_total, &cgroup);
	if (notable_spans)
		emit(task, cgroup);
	return 0;
}

/* Before 6.2 there was one counter of all CPUs. */
struct mm_rss_stat___older {
	atomic_long_t count[4];
};

struct mm_struct___older {
	struct mm_rss_stat___older rss_stat;
};

/* What the CPUs have not yet handed in is missing: some dozens of pages each. */
static __always_inline s64 pages_of(struct mm_struct *mm, u32 kind)
{
	struct mm_struct___older *older = (void *)mm;
	s64 pages = 0;

	if (bpf_core_field_exists(older->rss_stat.count))
		bpf_probe_read_kernel(&pages, sizeof(pages),
				      (void *)mm +
					      bpf_core_field_offset(older->rss_stat.count) +
					      kind * sizeof(pages));
	else
		bpf_probe_read_kernel(&pages, sizeof(pages),
				      (void *)mm + bpf_core_field_offset(mm->rss_stat) +
					      kind * bpf_core_type_size(struct percpu_counter) +
					      bpf_core_field_offset(struct percpu_counter, count));
	return pages;
}

SEC("tp_btf/rss_stat")
int BPF_PROG(rss_stat, struct mm_struct *mm, int kind)
{
	struct rss key = { .mm = (u64)mm, .kind = kind };
	u32 index = kind;
	s64 pages, *before;

	/* Others may take pages away from the process, but only it makes itself grow. */
	if (!watched_current())
		return 0;
	pages = pages_of(mm, kind);
	before = bpf_map_lookup_elem(&last_rss, &key);
	if (before && *before == pages)
		return 0;
	if (before && *before < pages)
		add_to(&jvm_rss_growth_pages_total, &index, pages - *before);
	bpf_map_update_elem(&last_rss, &key, &pages, BPF_ANY);
	return 0;
}

SEC("tp_btf/mm_filemap_add_to_page_cache")
int BPF_PROG(mm_filemap_add_to_page_cache)
{
	u32 only = 0;

	if (watched_current())
		increment(&jvm_page_cache_misses_total, &only);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
