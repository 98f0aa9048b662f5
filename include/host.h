/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Selects the process that an example watches. The loader may set these variables before loading; while they
 * are 0, the example watches all processes. Include vmlinux.h and bpf/bpf_helpers.h first.
 */

const volatile u32 host_tgid = 0; /* the process id in the initial pid namespace */

/* `task` must be a pointer whose type the verifier knows. */
static __always_inline bool watched(struct task_struct *task)
{
	return !host_tgid || task->tgid == host_tgid;
}

static __always_inline bool watched_current(void)
{
	return !host_tgid || bpf_get_current_pid_tgid() >> 32 == host_tgid;
}
