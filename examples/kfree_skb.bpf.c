// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define OTHER_SUBSYSTEM 0xffff /* no reason of enum skb_drop_reason */

struct drop_key {
	u16 eth_proto;
	u16 ip_proto;
	u16 port;
	u16 reason;
};

/* LRU, because a port scan makes a key for each port. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct drop_key);
	__type(value, u64);
} kfree_skb_total SEC(".maps");

/* Fills what can be told of the packet: a drop may come before its headers are known. */
static __always_inline void read_headers(struct sk_buff *skb, struct drop_key *key)
{
	unsigned char *network = skb->head + skb->network_header;
	u8 first = 0, protocol = 0;
	u16 header_length, ports[2] = {};

	key->eth_proto = bpf_ntohs(skb->protocol);
	bpf_probe_read_kernel(&first, sizeof(first), network);
	if (key->eth_proto == ETH_P_IP && first >> 4 == 4) {
		bpf_probe_read_kernel(&protocol, sizeof(protocol),
				      network + offsetof(struct iphdr, protocol));
		header_length = (first & 0xf) * 4;
	} else if (key->eth_proto == ETH_P_IPV6 && first >> 4 == 6) {
		bpf_probe_read_kernel(&protocol, sizeof(protocol),
				      network + offsetof(struct ipv6hdr, nexthdr));
		header_length = sizeof(struct ipv6hdr);
	} else {
		return;
	}
	key->ip_proto = protocol;
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return;
	/* Both begin with the source and the destination port. */
	bpf_probe_read_kernel(ports, sizeof(ports), network + header_length);
	key->port = bpf_ntohs(ports[1]);
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(kfree_skb, struct sk_buff *skb)
{
	struct drop_key key = {};

	read_headers(skb, &key);
	/* The third argument, since 5.17. libbpf makes the condition a constant, so where the kernel has
	 * no reasons the verifier never sees the access to what is not there. */
	if (bpf_core_type_exists(enum skb_drop_reason)) {
		u32 reason = ctx[2];

		key.reason = reason < OTHER_SUBSYSTEM ? reason : OTHER_SUBSYSTEM;
	}
	increment(&kfree_skb_total, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
