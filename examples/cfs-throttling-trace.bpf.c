// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "span.h"
#include "throttle.h"
#include "traced.h"

#define STACK_DEPTH 20

struct throttle_span {
	struct span_base base;
	u64 kstack[STACK_DEPTH];
};

TRACED(traced_cgroups, u64); /* by the id of the cgroup that has the limit */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} cfs_throttle_spans SEC(".maps");

RINGBUF_RESERVE_FAILURES(cfs_throttling_trace_ringbuf_reserve_failures_total);

/* Whoever forgets a cgroup that is gone would fill the map. */
SEC("tp_btf/cgroup_release")
int BPF_PROG(cgroup_release, struct cgroup *cgroup)
{
	u64 id = cgroup->kn->id;

	bpf_map_delete_elem(&traced_cgroups, &id);
	return 0;
}

SEC("fentry/unthrottle_cfs_rq")
int BPF_PROG(unthrottle_begins, struct cfs_rq *queue)
{
	remember_throttled(queue);
	return 0;
}

/* One CPU's run queue of the cgroup goes on: a span of the time that it was held back. */
SEC("fexit/unthrottle_cfs_rq")
int BPF_PROG(unthrottle_ends, struct cfs_rq *queue)
{
	u64 id = queue->tg->css.cgroup->kn->id;
	struct span_context *parent = bpf_map_lookup_elem(&traced_cgroups, &id);
	u64 nanos = throttled_nanos(queue);
	struct throttle_span *span;

	if (!parent || !nanos)
		return 0;
	span = reserve_record(&cfs_throttle_spans, sizeof(*span),
			      &cfs_throttling_trace_ringbuf_reserve_failures_total);
	if (!span)
		return 0;
	fill_span(&span->base, parent, bpf_ktime_get_ns() - nanos, nanos);
	__builtin_memset(span->kstack, 0, sizeof(span->kstack));
	bpf_get_stack(ctx, span->kstack, sizeof(span->kstack), 0);
	bpf_ringbuf_submit(span, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
