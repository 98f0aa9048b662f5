// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

/* LRU, because cgroups come and go: the dead ones must not fill the map for ever. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} cgroup_sched_migrations_total SEC(".maps");

SEC("tp_btf/sched_migrate_task")
int BPF_PROG(sched_migrate_task, struct task_struct *task)
{
	/* The moved task's cgroup: the current task is the one that moves it. */
	u64 cgroup = task->cgroups->dfl_cgrp->kn->id;

	increment(&cgroup_sched_migrations_total, &cgroup);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
