// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "unix_path.h"

#define MAX_BUCKET 10 /* 2^10 ms: 1 s */
#define NANOS_PER_MILLI 1000000

/* The sockets to watch; the config has the paths of these numbers. */
enum address { DBUS, JOURNAL, MYSQL, ADDRESSES };

struct latency_key {
	u64 addr;
	u64 bucket;
};

/* When the connection that this socket is the server's end of was made. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} enqueue_ts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ADDRESSES * (MAX_BUCKET + 2));
	__type(key, struct latency_key);
	__type(value, u64);
} unix_accept_latency_seconds SEC(".maps");

static __always_inline enum address address_of(struct sock *listener)
{
	struct unix_path path;

	read_unix_path(&path, listener);
	if (is_unix_path(&path, "/run/dbus/system_bus_socket"))
		return DBUS;
	if (is_unix_path(&path, "/run/systemd/journal/stdout"))
		return JOURNAL;
	if (is_unix_path(&path, "/var/run/mysqld/mysqld.sock"))
		return MYSQL;
	return ADDRESSES;
}

/* Every connect asks the security modules, when both ends exist. */
SEC("fentry/security_unix_stream_connect")
int BPF_PROG(connects, struct sock *client, struct sock *listener, struct sock *server)
{
	u64 *since;

	if (address_of(listener) == ADDRESSES)
		return 0;
	since = bpf_sk_storage_get(&enqueue_ts, server, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (since)
		*since = bpf_ktime_get_ns();
	return 0;
}

SEC("fexit/unix_accept")
int BPF_PROG(accepts, struct socket *listening, struct socket *accepted)
{
	struct sock *server = accepted->sk;
	struct latency_key key = {};
	u64 *since;

	if (!server)
		return 0; /* nobody was there */
	since = bpf_sk_storage_get(&enqueue_ts, server, NULL, 0);
	if (!since)
		return 0;
	key.addr = address_of(server); /* it has inherited the listener's */
	observe_exp2(&unix_accept_latency_seconds, &key,
		     (bpf_ktime_get_ns() - *since + NANOS_PER_MILLI / 2) / NANOS_PER_MILLI, MAX_BUCKET);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
