// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "host.h"
#include "span.h"

#define MAX_BUCKET 27 /* 2^27 µs: 2 min */

#define AF_INET6 10

/* Whether each packet that is sent again is a span, too. Set before load. */
const volatile u32 notable_spans = 0;

struct retransmit_span {
	struct span_base base;
	u8 peer[16]; /* of IPv4, the address as one of IPv6 */
	u32 port;
};

enum direction { SENT, RECEIVED };

/* A socket of a watched process. */
struct ours {
	u64 connects_since; /* 0: it does not, or it is connected */
	u8 accepts;
};

struct port_bucket_key {
	u32 port;
	u32 bucket;
};

struct port_errno_key {
	u32 port;
	u32 errno;
};

struct port_direction_key {
	u32 port;
	u32 direction;
};

/* Sockets that a listening one accepts inherit its mark. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct ours);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct port_bucket_key);
	__type(value, u64);
} jvm_tcp_connect_seconds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct port_errno_key);
	__type(value, u64);
} jvm_tcp_connect_failures_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u64);
} jvm_tcp_retransmits_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, struct port_direction_key);
	__type(value, u64);
} jvm_tcp_resets_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} jvm_tcp_retransmit_spans SEC(".maps");

RINGBUF_RESERVE_FAILURES(jvm_net_ringbuf_reserve_failures_total);

/* The port that stands for the service: the peer's, or that on which connections are accepted. */
static __always_inline u32 service_port(struct sock *sk, const struct ours *ours)
{
	return ours->accepts ? sk->__sk_common.skc_num : bpf_ntohs(sk->__sk_common.skc_dport);
}

static __always_inline void connect_ended(struct sock *sk, struct ours *ours, int state)
{
	u64 nanos = bpf_ktime_get_ns() - ours->connects_since;
	struct port_bucket_key connected = { .port = service_port(sk, ours) };
	struct port_errno_key failed = { .port = connected.port, .errno = sk->sk_err };

	ours->connects_since = 0;
	if (state == TCP_ESTABLISHED)
		observe_exp2(&jvm_tcp_connect_seconds, &connected, to_micros(nanos), MAX_BUCKET);
	else if (failed.errno) /* or the process gave up */
		increment(&jvm_tcp_connect_failures_total, &failed);
}

/* Connecting and listening begin in the process; whether that succeeds, in an interrupt. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, struct sock *sk, int before, int state)
{
	struct ours *ours;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (state == TCP_SYN_SENT || state == TCP_LISTEN) {
		if (!watched_current())
			return 0;
		ours = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
		if (ours) {
			ours->accepts = state == TCP_LISTEN;
			ours->connects_since = state == TCP_LISTEN ? 0 : bpf_ktime_get_ns();
		}
	} else if (before == TCP_SYN_SENT) {
		ours = bpf_sk_storage_get(&sockets, sk, NULL, 0);
		if (ours && ours->connects_since)
			connect_ended(sk, ours, state);
	}
	return 0;
}

static __always_inline void emit(struct sock *sk, u32 port)
{
	static const struct span_context none = {};
	struct retransmit_span *span = reserve_record(&jvm_tcp_retransmit_spans, sizeof(*span),
						      &jvm_net_ringbuf_reserve_failures_total);

	if (!span)
		return;
	fill_span(&span->base, &none, bpf_ktime_get_ns(), 0);
	__builtin_memset(span->peer, 0, sizeof(span->peer));
	if (sk->__sk_common.skc_family == AF_INET6) {
		BPF_CORE_READ_INTO(&span->peer, sk, __sk_common.skc_v6_daddr);
	} else {
		span->peer[10] = 0xff;
		span->peer[11] = 0xff;
		*(u32 *)&span->peer[12] = sk->__sk_common.skc_daddr;
	}
	span->port = port;
	bpf_ringbuf_submit(span, 0);
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb, struct sock *sk)
{
	struct ours *ours = bpf_sk_storage_get(&sockets, sk, NULL, 0);
	u32 port;

	if (ours) {
		port = service_port(sk, ours);
		increment(&jvm_tcp_retransmits_total, &port);
		if (notable_spans)
			emit(sk, port);
	}
	return 0;
}

static __always_inline void reset(struct sock *sk, u32 direction)
{
	struct ours *ours = bpf_sk_storage_get(&sockets, sk, NULL, 0);
	struct port_direction_key key = { .direction = direction };

	if (ours) {
		key.port = service_port(sk, ours);
		increment(&jvm_tcp_resets_total, &key);
	}
}

/* There may be no socket: of a packet that belongs to none. */
SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tcp_send_reset, struct sock *sk)
{
	if (sk)
		reset(sk, SENT);
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_receive_reset, struct sock *sk)
{
	reset(sk, RECEIVED);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
