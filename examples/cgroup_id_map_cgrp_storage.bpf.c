// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

/* The exporter marks the cgroups here whose paths match the config's regexps. A mark goes away with its
 * cgroup, and looking for it takes no hashing. */
struct {
	__uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} cgroup_id_map_cgrp_storage SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} cgroup_cgrp_storage_sched_migrations_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u64);
} cgroup_cgrp_storage_sched_migrations_not_match_total SEC(".maps");

SEC("tp_btf/sched_migrate_task")
int BPF_PROG(sched_migrate_task, struct task_struct *task)
{
	struct cgroup *cgroup = task->cgroups->dfl_cgrp;
	u64 id = cgroup->kn->id;

	if (bpf_cgrp_storage_get(&cgroup_id_map_cgrp_storage, cgroup, NULL, 0))
		increment(&cgroup_cgrp_storage_sched_migrations_total, &id);
	else
		increment(&cgroup_cgrp_storage_sched_migrations_not_match_total, &id);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
