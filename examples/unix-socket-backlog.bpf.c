// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "result.h"
#include "unix_path.h"

#define MAX_BUCKET 17 /* 2^16 connections */
#define MAX_ERRNO 4095 /* a pointer this close to the end is an error */

/* The sockets to watch; the config has the paths of these numbers. */
enum address { DOCKER_METRICS, ADDRESSES };

struct backlog_key {
	u64 addr;
	u64 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ADDRESSES * (MAX_BUCKET + 2));
	__type(key, struct backlog_key);
	__type(value, u64);
} unix_socket_backlog SEC(".maps");

/* The function finds the socket that a connect or a send is for. What waits there, be it connections or
 * datagrams, is in its receive queue. */
SEC("fexit/unix_find_other")
int BPF_PROG(unix_find_other)
{
	struct sock *found = (struct sock *)function_result(ctx, 6);
	struct backlog_key key = { .addr = DOCKER_METRICS };
	struct unix_path path;

	if (!found || (u64)found >= (u64)-MAX_ERRNO)
		return 0;
	read_unix_path(&path, found);
	if (is_unix_path(&path, "/var/run/docker/metrics.sock"))
		observe_exp2zero(&unix_socket_backlog, &key, BPF_CORE_READ(found, sk_receive_queue.qlen),
				 MAX_BUCKET);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
