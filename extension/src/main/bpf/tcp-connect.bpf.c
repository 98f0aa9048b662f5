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

/* TCP's handshakes, within the span whose thread connects: from the first packet until the connection stands, or doesn't. */

const volatile u64 tcp_connect_min_ns = 0;

#define AF_INET 2
#define ADDRESS_BYTES 16

struct connecting {
	struct span_context parent;
	u64 since;
};

struct tcp_connect_span {
	struct span_base base;
	u8 address[ADDRESS_BYTES]; /* IPv4 mapped into IPv6 */
	u16 port;
	u8 refused;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct connecting);
} connecting_sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct span_budget);
} budgets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} tcp_connect_spans SEC(".maps");

LEFT_OUT(tcp_connect_left_out_total);

static __always_inline void begin(u64 key)
{
	struct connecting connecting = {};
	struct span_budget *budget;

	bpf_map_delete_elem(&connecting_sockets, &key);
	if (!current_trace_context(&connecting.parent))
		return;
	connecting.since = bpf_ktime_get_ns();
	budget = bpf_task_storage_get(&budgets, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!budget ||
	    is_left_out(&tcp_connect_left_out_total, budget, &connecting.parent, connecting.since))
		return;
	bpf_map_update_elem(&connecting_sockets, &key, &connecting, BPF_ANY);
}

static __always_inline void peer(struct sock *sock, struct tcp_connect_span *span)
{
	__builtin_memset(span->address, 0, sizeof(span->address));
	if (BPF_CORE_READ(sock, __sk_common.skc_family) == AF_INET) {
		u32 address = BPF_CORE_READ(sock, __sk_common.skc_daddr);

		span->address[10] = span->address[11] = 0xff;
		__builtin_memcpy(span->address + 12, &address, sizeof(address));
	} else {
		BPF_CORE_READ_INTO(&span->address, sock, __sk_common.skc_v6_daddr);
	}
	span->port = bpf_ntohs(BPF_CORE_READ(sock, __sk_common.skc_dport));
}

static __always_inline void end(u64 key, struct sock *sock, bool stands)
{
	struct connecting *connecting = bpf_map_lookup_elem(&connecting_sockets, &key);
	u64 now = bpf_ktime_get_ns();
	struct tcp_connect_span *span;
	u32 full = LEFT_OUT_FULL;

	if (!connecting)
		return;
	if (now - connecting->since >= tcp_connect_min_ns) {
		span = bpf_ringbuf_reserve(&tcp_connect_spans, sizeof(*span), 0);
		if (span) {
			fill_span(&span->base, &connecting->parent, connecting->since,
				  now - connecting->since);
			peer(sock, span);
			span->refused = !stands;
			bpf_ringbuf_submit(span, 0);
		} else {
			increment(&tcp_connect_left_out_total, &full);
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
