/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/* Programs on USDT probes of libjvm. Include vmlinux.h and bpf/bpf_helpers.h first. */

#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>
#include "uninterrupted.h"

/* Defines a program on the probe `probe` of libjvm; its body follows. In it, pass `ctx` to `argument`. */
#define ON_PROBE(provider, probe) UNINTERRUPTED("usdt/libjvm:" #provider ":" #probe, probe)

/* Returns the probe's argument number `index`, from 0; 0 if it can't be read. */
static __always_inline u64 argument(struct pt_regs *ctx, u64 index)
{
	long value = 0;

	bpf_usdt_arg(ctx, index, &value);
	return value;
}

/*
 * Reads a text whose address is argument number `index` and whose length is the next argument. The text does
 * not end with a NUL, but the copy does. `size` must be a constant, and `to` must contain zeros.
 */
static __always_inline void read_text(struct pt_regs *ctx, u64 index, char *to, u32 size)
{
	const void *from = (const void *)argument(ctx, index);
	u32 length = argument(ctx, index + 1);

	barrier_var(length); /* or the compiler checks a copy, which the verifier does not take for this */
	if (length > size - 1)
		length = size - 1;
	bpf_probe_read_user(to, length, from);
}
