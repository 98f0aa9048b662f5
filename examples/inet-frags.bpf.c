// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

#define ETH_P_IP 0x0800

struct fragment_key {
	u32 interface;
	u8 ip_version;
	u8 padding[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096); /* interfaces of containers come and go */
	__type(key, struct fragment_key);
	__type(value, u64);
} inet_frags_total SEC(".maps");

/* The function is static and may change; its second argument has been the packet since 5.2. */
SEC("fentry/inet_frag_queue_insert")
int BPF_PROG(inet_frag_queue_insert, struct inet_frag_queue *queue, struct sk_buff *skb)
{
	struct fragment_key key = { .ip_version = skb->protocol == bpf_htons(ETH_P_IP) ? 4 : 6 };
	struct net_device *device = skb->dev; /* shares its place with a tree node from here on */

	if (device)
		key.interface = device->ifindex;
	increment(&inet_frags_total, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
