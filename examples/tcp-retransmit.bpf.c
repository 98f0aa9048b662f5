// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

#define AF_INET6 10

enum type { RETRANSMIT = 1, TAIL_LOSS_PROBE = 2 };

struct ipv4_key {
	u32 local_ip;
	u32 peer_ip;
	u16 main_port;
	u16 type;
};

struct ipv6_key {
	struct in6_addr local_ip;
	struct in6_addr peer_ip;
	u16 main_port;
	u16 type;
};

/* LRU, because peers come and go. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct ipv4_key);
	__type(value, u64);
} tcp_retransmit_ipv4_packets_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct ipv6_key);
	__type(value, u64);
} tcp_retransmit_ipv6_packets_total SEC(".maps");

/* The port of the service: clients take theirs from the upper end, and each connection another one. */
static __always_inline u16 main_port(struct sock_common *common)
{
	u16 local = common->skc_num, peer = bpf_ntohs(common->skc_dport);

	return local < peer ? local : peer;
}

/* ::ffff:a.b.c.d, an IPv4 connection of an IPv6 socket; its IPv4 addresses are set as well */
static __always_inline bool is_mapped_ipv4(struct sock_common *common)
{
	struct in6_addr *peer = &common->skc_v6_daddr;

	return !peer->in6_u.u6_addr32[0] && !peer->in6_u.u6_addr32[1] &&
	       peer->in6_u.u6_addr32[2] == bpf_htonl(0xffff);
}

static __always_inline int count(struct sock *sk, enum type type)
{
	struct sock_common *common = &sk->__sk_common;

	if (common->skc_family == AF_INET6 && !is_mapped_ipv4(common)) {
		struct ipv6_key key = { .main_port = main_port(common), .type = type };

		bpf_probe_read_kernel(&key.local_ip, sizeof(key.local_ip), &common->skc_v6_rcv_saddr);
		bpf_probe_read_kernel(&key.peer_ip, sizeof(key.peer_ip), &common->skc_v6_daddr);
		increment(&tcp_retransmit_ipv6_packets_total, &key);
	} else {
		struct ipv4_key key = {
			.local_ip = common->skc_rcv_saddr,
			.peer_ip = common->skc_daddr,
			.main_port = main_port(common),
			.type = type,
		};

		increment(&tcp_retransmit_ipv4_packets_total, &key);
	}
	return 0;
}

SEC("fentry/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb, struct sock *sk)
{
	return count(sk, RETRANSMIT);
}

SEC("fentry/tcp_send_loss_probe")
int BPF_PROG(tcp_send_loss_probe, struct sock *sk)
{
	return count(sk, TAIL_LOSS_PROBE);
}

char LICENSE[] SEC("license") = "GPL";
