// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "span.h"

#define STACK_DEPTH 8

/* A socket that user space wants traced; like TRACED of traced.h, with more to it. */
struct traced_socket {
	struct span_context parent;
	u64 example_userspace_tag; /* whatever the application wants to find again in its spans */
	u64 stitched;		   /* 0; the program sets it after the first span */
};

/* By cookie: getsockopt(SO_COOKIE). It also gives the socket its cookie, which is 0 before. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct traced_socket);
} traced_sockets SEC(".maps");

/* Like span_base, but with the tag in the middle. */
struct socket_base {
	u8 trace_id[16];
	u8 parent_span_id[8];
	u64 example_userspace_tag;
	u8 span_id[8];
	u64 span_monotonic_timestamp_ns;
	u64 span_duration_ns;
};

struct stitch_span {
	struct socket_base base;
	u64 socket_cookie;
};

struct release_span {
	struct socket_base base;
};

struct function_span {
	struct socket_base base;
	u64 span_name;
};

struct error_span {
	struct socket_base base;
	u64 kstack[STACK_DEPTH];
	u32 sk_err;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} stitch_spans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} sock_release_spans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} sk_spans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} sk_error_report_spans SEC(".maps");

RINGBUF_RESERVE_FAILURES(sock_trace_ringbuf_reserve_failures_total);

/* Reserves a span of this type; what we see are moments, so its duration is 0. */
#define begin(span, ringbuf, socket)                                                                \
	({                                                                                          \
		span = reserve_record(&ringbuf, sizeof(*span),                                      \
				      &sock_trace_ringbuf_reserve_failures_total);                  \
		if (span)                                                                           \
			fill(&span->base, socket);                                                  \
		span;                                                                               \
	})

static __always_inline void fill(struct socket_base *span, const struct traced_socket *socket)
{
	__builtin_memcpy(span->trace_id, socket->parent.trace_id, sizeof(span->trace_id));
	__builtin_memcpy(span->parent_span_id, socket->parent.span_id, sizeof(span->parent_span_id));
	span->example_userspace_tag = socket->example_userspace_tag;
	make_id(span->span_id, sizeof(span->span_id));
	span->span_monotonic_timestamp_ns = bpf_ktime_get_ns();
	span->span_duration_ns = 0;
}

/* The traced socket, or NULL. Its first event gives a span that ties the cookie to the trace. */
static __always_inline struct traced_socket *traced(struct sock *sk)
{
	u64 cookie = sk ? sk->__sk_common.skc_cookie.counter : 0;
	struct traced_socket *socket;
	struct stitch_span *span;

	if (!cookie)
		return NULL;
	socket = bpf_map_lookup_elem(&traced_sockets, &cookie);
	if (!socket || socket->stitched)
		return socket;
	socket->stitched = 1;
	if (begin(span, stitch_spans, socket)) {
		span->socket_cookie = cookie;
		bpf_ringbuf_submit(span, 0);
	}
	return socket;
}

/* A span named after the function that the program is attached to. */
static __always_inline int passes(void *ctx, struct sock *sk)
{
	struct traced_socket *socket = traced(sk);
	struct function_span *span;

	if (socket && begin(span, sk_spans, socket)) {
		span->span_name = bpf_get_func_ip(ctx);
		bpf_ringbuf_submit(span, 0);
	}
	return 0;
}

SEC("fentry/__sock_release")
int BPF_PROG(sock_release, struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct traced_socket *socket = traced(sk);
	struct release_span *span;
	u64 cookie;

	if (!socket)
		return 0;
	if (begin(span, sock_release_spans, socket))
		bpf_ringbuf_submit(span, 0);
	cookie = sk->__sk_common.skc_cookie.counter;
	bpf_map_delete_elem(&traced_sockets, &cookie);
	return 0;
}

SEC("fentry/tcp_v4_do_rcv")
int BPF_PROG(tcp_v4_do_rcv, struct sock *sk)
{
	return passes(ctx, sk);
}

SEC("fentry/__ip_local_out")
int BPF_PROG(ip_local_out, struct net *net, struct sock *sk)
{
	return passes(ctx, sk);
}

SEC("fentry/ip_finish_output")
int BPF_PROG(ip_finish_output, struct net *net, struct sock *sk)
{
	return passes(ctx, sk);
}

SEC("fentry/__tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb, struct sock *sk)
{
	return passes(ctx, sk);
}

SEC("fentry/nf_hook_slow")
int BPF_PROG(nf_hook_slow, struct sk_buff *skb)
{
	return passes(ctx, skb->sk);
}

SEC("fentry/__dev_queue_xmit")
int BPF_PROG(dev_queue_xmit, struct sk_buff *skb)
{
	return passes(ctx, skb->sk);
}

SEC("fentry/dev_hard_start_xmit")
int BPF_PROG(dev_hard_start_xmit, struct sk_buff *skb)
{
	return passes(ctx, skb->sk);
}

SEC("fentry/sk_error_report")
int BPF_PROG(sk_error_report, struct sock *sk)
{
	struct traced_socket *socket = traced(sk);
	struct error_span *span;

	if (!socket || !begin(span, sk_error_report_spans, socket))
		return 0;
	__builtin_memset(span->kstack, 0, sizeof(span->kstack));
	bpf_get_stack(ctx, span->kstack, sizeof(span->kstack), 0);
	span->sk_err = sk->sk_err;
	bpf_ringbuf_submit(span, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
