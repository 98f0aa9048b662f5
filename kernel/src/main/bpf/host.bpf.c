// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Returns what a process can't find out about itself: its ids outside of its own namespaces. */
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "controller.h"

enum question { TGID, CGROUP, MEMORY_CGROUP, CPU_CGROUP, CPU_QUOTA };

#define NO_QUOTA (~0ULL)

/* Returns the cgroup whose CPU quota limits a task, or the one `above` levels higher; 0 for none. */
static __always_inline u64 cpu_cgroup(struct task_struct *task, u64 above)
{
	struct task_group *group = BPF_CORE_READ(task, sched_task_group);

	for (int i = 0; i < MAX_CGROUP_LEVELS && i < above && group; i++)
		group = BPF_CORE_READ(group, parent);
	return group ? BPF_CORE_READ(group, css.cgroup, kn, id) : 0;
}

/* Whether a quota of CPU time holds for a task, of its own cgroup or of one above. */
static __always_inline bool has_cpu_quota(struct task_struct *task)
{
	struct task_group *group = BPF_CORE_READ(task, sched_task_group);

	if (!bpf_core_field_exists(group->cfs_bandwidth.quota))
		return false;
	for (int i = 0; i < MAX_CGROUP_LEVELS && group; i++) {
		if (BPF_CORE_READ(group, cfs_bandwidth.quota) != NO_QUOTA)
			return true;
		group = BPF_CORE_READ(group, parent);
	}
	return false;
}

/* Arguments: a question, the level above, and by how many bits to shift the answer, of which 32 are returned. */
SEC("raw_tp/sys_enter")
int host(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	u64 answer = 0;

	switch (ctx->args[0]) {
	case TGID:
		answer = bpf_get_current_pid_tgid() >> 32;
		break;
	case CGROUP:
		answer = bpf_get_current_cgroup_id();
		break;
	case MEMORY_CGROUP:
		answer = cgroup_id(controller_state(task, memory_cgrp_id));
		break;
	case CPU_CGROUP:
		answer = cpu_cgroup(task, ctx->args[1]);
		break;
	case CPU_QUOTA:
		answer = has_cpu_quota(task);
		break;
	}
	return answer >> (ctx->args[2] & 63);
}

char LICENSE[] SEC("license") = "GPL";
