/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * The cgroup to which a controller of version 1 or 2 assigns a task. Include vmlinux.h,
 * bpf/bpf_core_read.h and bpf/bpf_helpers.h first.
 */

#define MAX_CGROUP_LEVELS 16

/* Returns a task's state in a controller, such as memory_cgrp_id; NULL if the kernel lacks the controller. */
#define controller_state(task, controller)                                                          \
	({                                                                                          \
		struct cgroup_subsys_state *state_ = NULL;                                          \
		if (bpf_core_enum_value_exists(enum cgroup_subsys_id, controller)) {                \
			struct css_set *set_ = BPF_CORE_READ(task, cgroups);                        \
			u64 index_ = bpf_core_enum_value(enum cgroup_subsys_id, controller);        \
			bpf_probe_read_kernel(&state_, sizeof(state_),                              \
					      (void *)set_ +                                        \
						      bpf_core_field_offset(struct css_set, subsys) + \
						      index_ * sizeof(state_));                     \
		}                                                                                   \
		state_;                                                                             \
	})

static __always_inline u64 cgroup_id(struct cgroup_subsys_state *state)
{
	return BPF_CORE_READ(state, cgroup, kn, id);
}
