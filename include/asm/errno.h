/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * libbpf's usdt.bpf.h wants error numbers. The system has this file only for its own architecture, in a
 * folder that the BPF target does not search; the numbers are the generic ones on ours.
 */
#include <asm-generic/errno.h>
