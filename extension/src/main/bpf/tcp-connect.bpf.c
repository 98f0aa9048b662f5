// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "span.h"
#include "trace_context.h"
#include "kernel_span.h"
#include "peer.h"

/* TCP's handshakes, within the span whose thread connects: from the first packet until the connection stands, or doesn't. */

const volatile u64 tcp_connect_min_ns = 0;

struct connecting {
	struct span_context parent;
	u64 since;
};

struct tcp_connect_span {
	struct span_base base;
	struct peer peer;
	u8 refused;
	u8 unused;
	u32 retransmits;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct connecting);
} connecting_sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} tcp_connect_spans SEC(".maps");

LEFT_OUT(tcp_connect_left_out_total);

static __always_inline void begin(u64 key)
{
	struct connecting connecting = { .since = bpf_ktime_get_ns() };

	if (begins_span(&tcp_connect_left_out_total, &connecting.parent, connecting.since))
		bpf_map_update_elem(&connecting_sockets, &key, &connecting, BPF_ANY);
	else
		bpf_map_delete_elem(&connecting_sockets, &key);
}

static __always_inline void end(u64 key, struct sock *sock, bool stands)
{
	struct connecting *connecting = bpf_map_lookup_elem(&connecting_sockets, &key);
	u64 now = bpf_ktime_get_ns();
	struct tcp_connect_span *span;

	if (!connecting)
		return;
	if (now - connecting->since >= tcp_connect_min_ns) {
		span = room_for_span(&tcp_connect_spans, sizeof(*span), &tcp_connect_left_out_total);
		if (span) {
			fill_span(&span->base, &connecting->parent, connecting->since,
				  now - connecting->since);
			read_peer(sock, &span->peer);
			span->refused = !stands;
			span->retransmits = BPF_CORE_READ((struct tcp_sock *)sock, total_retrans);
			bpf_ringbuf_submit(span, 0);
		}
	}
	bpf_map_delete_elem(&connecting_sockets, &key);
}

/* The state before the first packet is sent is set by the thread that connects. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, struct sock *sock, int from, int to)
{
	u64 key = (u64)sock;

	if (ebpf_agent_slots_by == BY_NOTHING)
		return 0;
	if (to == BPF_TCP_SYN_SENT)
		begin(key);
	else if (from == BPF_TCP_SYN_SENT)
		end(key, sock, to == BPF_TCP_ESTABLISHED);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
