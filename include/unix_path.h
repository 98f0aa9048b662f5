/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Recognizes a few known Unix sockets by the path that they are bound to. Include bpf/bpf_core_read.h and
 * bpf/bpf_helpers.h first.
 */

#define UNIX_PATH_SIZE 32 /* including a NUL; no known path is longer */

struct unix_path {
	char text[UNIX_PATH_SIZE];
} __attribute__((aligned(8)));

/* Reads the path that a socket is bound to; empty if there is none. */
static __always_inline void read_unix_path(struct unix_path *path, struct sock *sk)
{
	struct unix_address *address = BPF_CORE_READ((struct unix_sock *)sk, addr);

	__builtin_memset(path, 0, sizeof(*path));
	if (address)
		bpf_probe_read_kernel_str(path->text, sizeof(path->text), address->name[0].sun_path);
}

/* Compares a path with `literal`, a string constant. */
#define is_unix_path(path, literal)                                                                 \
	({                                                                                          \
		static const struct unix_path literal_ = { literal };                               \
		__builtin_memcmp(path, &literal_, sizeof(literal_)) == 0;                           \
	})
