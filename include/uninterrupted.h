/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Programs on probes in user space. Include vmlinux.h and bpf/bpf_helpers.h first.
 *
 * On preemptible kernels, a task may be preempted in a uprobe's program, and another task may run the same
 * program on that CPU. Since 6.13 programs have one stack for each CPU, which the two would share. So these
 * programs disable preemption, on kernels that support it (since 6.10).
 */

extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

/* Defines the program `name` of a section; its body, which gets `ctx` and returns nothing, follows. */
#define UNINTERRUPTED(section, name)                                                                \
	static __always_inline void on_##name(struct pt_regs *ctx);                                 \
                                                                                                    \
	SEC(section)                                                                                \
	int name(struct pt_regs *ctx)                                                               \
	{                                                                                           \
		if (bpf_preempt_disable)                                                            \
			bpf_preempt_disable();                                                      \
		on_##name(ctx);                                                                     \
		if (bpf_preempt_enable)                                                             \
			bpf_preempt_enable();                                                       \
		return 0;                                                                           \
	}                                                                                           \
                                                                                                    \
	static __always_inline void on_##name(struct pt_regs *ctx)
