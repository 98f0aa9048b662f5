// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384); /* of at most 65536 ports */
	__type(key, u16);
	__type(value, u64);
} udp_fail_queue_rcv_skbs_total SEC(".maps");

SEC("tp_btf/udp_fail_queue_rcv_skb")
int BPF_PROG(udp_fail_queue_rcv_skb, int error, struct sock *sk)
{
	u16 local_port = sk->__sk_common.skc_num;

	increment(&udp_fail_queue_rcv_skbs_total, &local_port);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
