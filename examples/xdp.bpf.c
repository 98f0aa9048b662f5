// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd

struct packet_key {
	u16 ip;
	u16 protocol;
	u16 dst_port;
};

/* LRU, because clients choose ports, and a scan has them all. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct packet_key);
	__type(value, u64);
} xdp_incoming_packets_total SEC(".maps");

/* Both TCP and UDP begin with the source and the destination port. */
static __always_inline u16 destination_port(void *transport, void *end)
{
	u16 *ports = transport;

	return (void *)(ports + 2) <= end ? bpf_ntohs(ports[1]) : 0;
}

/* Counts, and lets every packet pass. The comparisons with `end` are what the verifier asks for. */
SEC("xdp/lo")
int xdp_count(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end, *transport = NULL;
	struct packet_key key = {};
	struct ethhdr *eth = data;

	if ((void *)(eth + 1) > end)
		return XDP_PASS;
	key.ip = bpf_ntohs(eth->h_proto);
	if (key.ip == ETH_P_IP) {
		struct iphdr *ip = (void *)(eth + 1);

		if ((void *)(ip + 1) > end)
			return XDP_PASS;
		key.protocol = ip->protocol;
		transport = (void *)ip + ip->ihl * 4;
	} else if (key.ip == ETH_P_IPV6) {
		struct ipv6hdr *ip = (void *)(eth + 1);

		if ((void *)(ip + 1) > end)
			return XDP_PASS;
		key.protocol = ip->nexthdr;
		transport = ip + 1;
	}
	if (transport && (key.protocol == IPPROTO_TCP || key.protocol == IPPROTO_UDP))
		key.dst_port = destination_port(transport, end);
	increment(&xdp_incoming_packets_total, &key);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
