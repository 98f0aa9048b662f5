// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

#define ETH_P_IP 0x0800
#define MAX_BUCKET 17 /* 2^16 connections */

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
	struct backlog_key key = {};

	observe_exp2zero(&tcp_syn_backlog, &key, listener->sk_ack_backlog, MAX_BUCKET);
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
