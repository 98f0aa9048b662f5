// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Answers what only the kernel knows of the process that runs it: what it is in namespaces that aren't its own. */
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "controller.h"

enum question { TGID, CGROUP, MEMORY_CGROUP, CPU_CGROUP };

/* The cgroup whose CPU quota holds a task back, or (1, 2, …) the one so far above it; 0 for none. */
static __always_inline u64 cpu_cgroup(struct task_struct *task, u64 above)
{
	struct task_group *group = BPF_CORE_READ(task, sched_task_group);

	for (int i = 0; i < MAX_CGROUP_LEVELS && i < above && group; i++)
		group = BPF_CORE_READ(group, parent);
	return group ? BPF_CORE_READ(group, css.cgroup, kn, id) : 0;
}

/* Takes a question, how far above, and how many bits of the answer to leave out: there is room for 32. */
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
	}
	return answer >> (ctx->args[2] & 63);
}

char LICENSE[] SEC("license") = "GPL";
