// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

/* LRU, because a sender can write any address. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, u64);
} icmp4_received_packets_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct in6_addr);
	__type(value, u64);
} icmp6_received_packets_total SEC(".maps");

SEC("fentry/icmp_rcv")
int BPF_PROG(icmp_rcv, struct sk_buff *skb)
{
	struct iphdr *header = (void *)(skb->head + skb->network_header);
	u32 source;

	if (!bpf_probe_read_kernel(&source, sizeof(source), &header->saddr))
		increment(&icmp4_received_packets_total, &source);
	return 0;
}

SEC("fentry/icmpv6_rcv")
int BPF_PROG(icmpv6_rcv, struct sk_buff *skb)
{
	struct ipv6hdr *header = (void *)(skb->head + skb->network_header);
	struct in6_addr source;

	if (!bpf_probe_read_kernel(&source, sizeof(source), &header->saddr))
		increment(&icmp6_received_packets_total, &source);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
