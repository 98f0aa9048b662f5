// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "throttle.h"

#define MAX_BUCKET 20 /* 2^20 µs: 1 s */

struct throttling_key {
	u32 cgroup;
	u32 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536); /* some 3000 cgroups; the dead ones make room */
	__type(key, struct throttling_key);
	__type(value, u64);
} cfs_throttling_seconds SEC(".maps");

SEC("fentry/unthrottle_cfs_rq")
int BPF_PROG(unthrottle_begins, struct cfs_rq *queue)
{
	remember_throttled(queue);
	return 0;
}

SEC("fexit/unthrottle_cfs_rq")
int BPF_PROG(unthrottle_ends, struct cfs_rq *queue)
{
	struct throttling_key key = { .cgroup = queue->tg->css.cgroup->kn->id };
	u64 nanos = throttled_nanos(queue);

	if (nanos)
		observe_exp2(&cfs_throttling_seconds, &key, to_micros(nanos), MAX_BUCKET);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
