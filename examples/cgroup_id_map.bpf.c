// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

/* The exporter keeps the ids of the cgroups here whose paths match the config's regexps. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} cgroup_id_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} cgroup_sched_migrations_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} cgroup_sched_migrations_not_match_total SEC(".maps");

SEC("tp_btf/sched_migrate_task")
int BPF_PROG(sched_migrate_task, struct task_struct *task)
{
	u64 cgroup = task->cgroups->dfl_cgrp->kn->id;

	if (bpf_map_lookup_elem(&cgroup_id_map, &cgroup))
		increment(&cgroup_sched_migrations_total, &cgroup);
	else
		increment(&cgroup_sched_migrations_not_match_total, &cgroup);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
