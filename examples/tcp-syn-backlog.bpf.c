// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

#define ETH_P_IP 0x0800
#define MAX_BUCKET 20
#define BUCKET_WIDTH 50 /* bucket_multiplier */

struct backlog_key {
	u64 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_BUCKET + 2);
	__type(key, struct backlog_key);
	__type(value, u64);
} tcp_syn_backlog SEC(".maps");

static __always_inline int observe(struct sock *listener)
{
	u32 backlog = listener->sk_ack_backlog;
	struct backlog_key key = {};

	/* The sum counts in widths too. It rounds at random, so that it is right on average. */
	observe_in_bucket(&tcp_syn_backlog, &key, (backlog + BUCKET_WIDTH - 1) / BUCKET_WIDTH, MAX_BUCKET,
			  (backlog + bpf_get_prandom_u32() % BUCKET_WIDTH) / BUCKET_WIDTH);
	return 0;
}

SEC("fentry/tcp_v4_syn_recv_sock")
int BPF_PROG(tcp_v4_syn_recv_sock, struct sock *listener)
{
	return observe(listener);
}

/* For IPv4 on an IPv6 socket this calls the other one. */
SEC("fentry/tcp_v6_syn_recv_sock")
int BPF_PROG(tcp_v6_syn_recv_sock, struct sock *listener, struct sk_buff *skb)
{
	return skb->protocol == bpf_htons(ETH_P_IP) ? 0 : observe(listener);
}

char LICENSE[] SEC("license") = "GPL";
