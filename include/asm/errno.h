/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * libbpf's usdt.bpf.h includes this file for error numbers. The system has it only for its own architecture,
 * in a folder that the BPF target does not search. Our architectures use the generic numbers.
 */
#include <asm-generic/errno.h>
