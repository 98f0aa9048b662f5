/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * A histogram of the latencies of a file system's operations. Include maps.h and call.h first, and define
 * the map: its key is struct file_operation, and its bucket_max is MAX_BUCKET.
 *
 * The programs are kprobes instead of fentry, because a file system is often a module. A kprobe does not need
 * the module's BTF, and if the module is not loaded, only the kprobe fails to attach.
 */

#define MAX_BUCKET 27 /* 2^27 µs: 2 min */

struct file_operation {
	u8 operation;
	u8 bucket;
};

/* Defines programs at the entry and the return of `function`, which is operation number `number`. */
#define OBSERVE_CALLS(map, function, number)                                                        \
	SEC("kprobe/" #function)                                                                    \
	int function##_begins(struct pt_regs *ctx)                                                  \
	{                                                                                           \
		call_begins(number);                                                                \
		return 0;                                                                           \
	}                                                                                           \
                                                                                                    \
	SEC("kretprobe/" #function)                                                                 \
	int function##_ends(struct pt_regs *ctx)                                                    \
	{                                                                                           \
		struct file_operation key = { .operation = number };                                \
		u64 nanos = call_ends(number);                                                      \
                                                                                                    \
		if (nanos)                                                                          \
			observe_exp2(&map, &key, to_micros(nanos), MAX_BUCKET);                     \
		return 0;                                                                           \
	}
