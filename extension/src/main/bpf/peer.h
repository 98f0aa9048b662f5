/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/* Who is at the other end of a socket. Include vmlinux.h, bpf/bpf_core_read.h and bpf/bpf_endian.h first. */

#define AF_INET 2
#define AF_INET6 10
#define ADDRESS_BYTES 16

struct peer {
	u8 address[ADDRESS_BYTES]; /* IPv4 mapped into IPv6 */
	u16 port;
};

static __always_inline void read_peer(const struct sock *sock, struct peer *peer)
{
	__builtin_memset(peer->address, 0, sizeof(peer->address));
	if (BPF_CORE_READ(sock, __sk_common.skc_family) == AF_INET) {
		u32 address = BPF_CORE_READ(sock, __sk_common.skc_daddr);

		peer->address[10] = peer->address[11] = 0xff;
		__builtin_memcpy(peer->address + 12, &address, sizeof(address));
	} else {
		BPF_CORE_READ_INTO(&peer->address, sock, __sk_common.skc_v6_daddr);
	}
	peer->port = bpf_ntohs(BPF_CORE_READ(sock, __sk_common.skc_dport));
}
