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

/*
 * Segments that TCP sends again, and connections that are reset, within the span that sent last on the connection. They
 * are moments, so their spans have no length.
 */

const volatile u64 tcp_retransmit_min_ns = 0;
const volatile u64 tcp_reset_min_ns = 0;

#define SEND_SHUTDOWN 2 /* in sk_shutdown: it sends no more */

enum direction { RECEIVE, TRANSMIT };

/* Who, of those that are in a span, sent last on a connection. None of it is anybody's if no byte is. */
struct sender {
	struct span_context parent;
	struct thread_slot slot;
	u32 first; /* the sequence number of the first byte that it sent, one after the other */
	u32 end; /* and of the byte after the last one */
};

struct connection {
	struct sender last;
	struct span_budget budget;
	u32 version; /* odd while the sender changes */
	u32 shared; /* two threads sent at once, so that nobody knows whose bytes are whose */
};

struct tcp_retransmit_span {
	struct span_base base;
	struct peer peer;
	u16 unused;
	u32 bytes;
};

struct tcp_reset_span {
	struct span_base base;
	struct peer peer;
	u8 direction;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct connection);
} connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 128 * 1024);
} tcp_retransmit_spans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 128 * 1024);
} tcp_reset_spans SEC(".maps");

LEFT_OUT(tcp_trouble_left_out_total);

/* Whether the last byte that it sent is one of so many from `first` on. */
static __always_inline bool is_in_flight(const struct sender *sender, u32 first, u32 bytes)
{
	return sender->end != sender->first && sender->end - first - 1 < bytes;
}

/*
 * The bytes are in the send queue now, behind all others. What is sent by who is in no span follows after `end`, so it
 * needs no note.
 */
SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length, struct sock *sock, int bytes)
{
	struct connection *connection;
	struct span_context parent;
	struct thread_slot *slot;
	struct tcp_sock *tcp;
	u32 version, first;

	if (ebpf_agent_slots_by == BY_NOTHING || bytes <= 0)
		return 0;
	slot = slot_of(bpf_get_current_task_btf());
	if (!slot || !trace_context_at(record_at(slot), &parent))
		return 0;
	tcp = bpf_skc_to_tcp_sock(sock);
	if (!tcp)
		return 0;
	connection = bpf_sk_storage_get(&connections, sock, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!connection)
		return 0;
	version = connection->version & ~1;
	if (__sync_val_compare_and_swap(&connection->version, version, version + 1) != version) {
		connection->shared = 1;
		return 0;
	}
	first = tcp->write_seq - bytes;
	/* Bytes that another one has already called its own. */
	if (is_in_flight(&connection->last, first, bytes))
		connection->shared = 1;
	if (connection->last.end != first || connection->last.slot.owner != slot->owner ||
	    *(u64 *)connection->last.parent.span_id != *(u64 *)parent.span_id) {
		connection->last.parent = parent;
		connection->last.slot = *slot;
		connection->last.first = first;
	}
	connection->last.end = first + bytes;
	__sync_fetch_and_add(&connection->version, 1);
	return 0;
}

/* Who sent last, if that is certain; the connection, or NULL. */
static __always_inline struct connection *sender_of(const struct sock *sock, struct sender *sender)
{
	struct connection *connection;
	u32 version;

	if (ebpf_agent_slots_by == BY_NOTHING || !sock)
		return NULL;
	connection = bpf_sk_storage_get(&connections, (void *)sock, 0, 0);
	if (!connection)
		return NULL;
	version = __sync_fetch_and_add(&connection->version, 0);
	*sender = connection->last;
	if (version & 1 || __sync_fetch_and_add(&connection->version, 0) != version || connection->shared ||
	    sender->end == sender->first)
		return NULL;
	return connection;
}

/* A segment is the sender's if it begins with bytes of its own. */
SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb, const struct sock *sock, const struct sk_buff *buffer)
{
	struct tcp_retransmit_span *span;
	u64 now = bpf_ktime_get_ns();
	struct connection *connection;
	struct tcp_skb_cb *segment;
	struct sender sender;

	if (tcp_retransmit_min_ns == NEVER)
		return 0;
	connection = sender_of(sock, &sender);
	if (!connection)
		return 0;
	segment = (void *)buffer + bpf_core_field_offset(struct sk_buff, cb);
	if (BPF_CORE_READ(segment, seq) - sender.first >= sender.end - sender.first)
		return 0;
	span = reserve_span(&tcp_retransmit_spans, sizeof(*span), &tcp_trouble_left_out_total,
			    &connection->budget, &sender.parent, now);
	if (!span)
		return 0;
	fill_span(&span->base, &sender.parent, now, 0);
	read_peer(sock, &span->peer);
	span->bytes = BPF_CORE_READ(buffer, len);
	bpf_ringbuf_submit(span, 0);
	return 0;
}

/*
 * A connection that nobody uses any more may be reset, too. It is a reset for the sender if bytes of it are on their way,
 * or, as long as nobody else sends, the end of the stream is, or the sender is still in the span in which it sent.
 */
static __always_inline bool concerns(const struct sock *sock, const struct sender *sender)
{
	u32 index = sender->slot.index;
	struct thread_record *record;
	u32 acknowledged = BPF_CORE_READ((struct tcp_sock *)sock, snd_una);
	u32 sent = BPF_CORE_READ((struct tcp_sock *)sock, write_seq);

	if (is_in_flight(sender, acknowledged, sent - acknowledged))
		return true;
	/* The end of the stream counts as one. */
	if (sent - sender->end > !!(BPF_CORE_READ(sock, sk_shutdown) & SEND_SHUTDOWN))
		return false;
	if (sent != acknowledged)
		return true;
	record = bpf_map_lookup_elem(&ebpf_agent_records, &index);
	return record && record->owner == sender->slot.owner && record->valid == 1 &&
	       *(u64 *)record->span_id == *(u64 *)sender->parent.span_id;
}

static __always_inline void reset(const struct sock *sock, enum direction direction)
{
	u64 now = bpf_ktime_get_ns();
	struct connection *connection;
	struct tcp_reset_span *span;
	struct sender sender;

	if (tcp_reset_min_ns == NEVER)
		return;
	connection = sender_of(sock, &sender);
	if (!connection || !concerns(sock, &sender))
		return;
	span = reserve_span(&tcp_reset_spans, sizeof(*span), &tcp_trouble_left_out_total,
			    &connection->budget, &sender.parent, now);
	if (!span)
		return;
	fill_span(&span->base, &sender.parent, now, 0);
	read_peer(sock, &span->peer);
	span->direction = direction;
	bpf_ringbuf_submit(span, 0);
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_receive_reset, struct sock *sock)
{
	reset(sock, RECEIVE);
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tcp_send_reset, const struct sock *sock)
{
	reset(sock, TRANSMIT);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
