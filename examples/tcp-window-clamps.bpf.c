// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} tcp_window_clamps_total SEC(".maps");

/* The window limit (rcv_ssthresh) of sockets whose receive buffer is full, while the kernel looks for room.
 * LRU, because a return can be missed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, u32);
} limits SEC(".maps");

static __always_inline u32 window_limit(struct sock *sk)
{
	return BPF_CORE_READ((struct tcp_sock *)sk, rcv_ssthresh);
}

SEC("fentry/tcp_try_rmem_schedule")
int BPF_PROG(tcp_rmem_begins, struct sock *sk)
{
	u64 key = (u64)sk;
	u32 limit = window_limit(sk);

	/* Only then can the window be clamped, so the common case costs no map access here. */
	if (sk->sk_backlog.rmem_alloc.counter >= sk->sk_rcvbuf)
		bpf_map_update_elem(&limits, &key, &limit, BPF_ANY);
	return 0;
}

SEC("fexit/tcp_try_rmem_schedule")
int BPF_PROG(tcp_rmem_ends, struct sock *sk)
{
	u64 key = (u64)sk;
	u32 *before = bpf_map_lookup_elem(&limits, &key), only = 0;

	if (!before)
		return 0;
	if (window_limit(sk) < *before)
		increment(&tcp_window_clamps_total, &only);
	bpf_map_delete_elem(&limits, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
