// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "result.h"

#define MAX_BUCKET 26 /* 2^26 µs: 1 min */

struct latency_key {
	u64 port;
	u64 bucket;
};

/*
 * When a connection's SYN arrived: first by the request, then, as the handshake makes a socket of it, by
 * that socket, which accept returns. LRU, because a flood of SYNs never gets that far.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, u64);
} arrivals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384); /* some 500 listening ports */
	__type(key, struct latency_key);
	__type(value, u64);
} accept_latency_seconds SEC(".maps");

SEC("fentry/inet_csk_reqsk_queue_hash_add")
int BPF_PROG(syn_arrives, struct sock *listener, struct request_sock *request)
{
	u64 key = (u64)request, now = bpf_ktime_get_ns();

	bpf_map_update_elem(&arrivals, &key, &now, BPF_ANY);
	return 0;
}

SEC("fentry/inet_csk_complete_hashdance")
int BPF_PROG(handshake_done, struct sock *listener, struct sock *child, struct request_sock *request)
{
	u64 request_key = (u64)request, socket_key = (u64)child;
	u64 *arrival = bpf_map_lookup_elem(&arrivals, &request_key);
	u64 copy;

	if (!arrival)
		return 0; /* a SYN cookie or fast open: there was no request */
	copy = *arrival;
	bpf_map_update_elem(&arrivals, &socket_key, &copy, BPF_ANY);
	bpf_map_delete_elem(&arrivals, &request_key);
	return 0;
}

SEC("fexit/inet_csk_accept")
int BPF_PROG(accepted, struct sock *listener)
{
	u64 socket_key = function_result(ctx, 4);
	u64 *arrival = bpf_map_lookup_elem(&arrivals, &socket_key);
	struct latency_key key = { .port = listener->__sk_common.skc_num };

	if (!arrival)
		return 0;
	observe_exp2(&accept_latency_seconds, &key, to_micros(bpf_ktime_get_ns() - *arrival), MAX_BUCKET);
	bpf_map_delete_elem(&arrivals, &socket_key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
