// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "span.h"
#include "trace_context.h"
#include "uninterrupted.h"
#include "kernel_span.h"

/*
 * Names that a thread, within a span, asks the C library for, which is where the JDK asks. How the library finds the
 * answer (files, servers, a cache) is its own affair. The loader says which file the library is.
 */

const volatile u64 dns_lookup_min_ns = 0;

#define COMM_LENGTH 16
#define NAME_SIZE 256 /* with a NUL; names have 253 characters at most */

struct lookup {
	struct span_context parent;
	struct span_budget budget;
	u64 since; /* 0: in none */
	char name[NAME_SIZE];
};

struct dns_lookup_span {
	struct span_base base;
	char comm[COMM_LENGTH];
	u32 error;
	char name[NAME_SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct lookup);
} lookups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 128 * 1024);
} dns_lookup_spans SEC(".maps");

LEFT_OUT(dns_lookup_left_out_total);

UNINTERRUPTED("uprobe/libc:getaddrinfo", lookup_begins)
{
	const char *name = (void *)PT_REGS_PARM1(ctx);
	struct span_context parent;
	struct lookup *lookup;

	if (ebpf_agent_slots_by == BY_NOTHING || !name || !current_trace_context(&parent))
		return;
	lookup = bpf_task_storage_get(&lookups, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!lookup || bpf_probe_read_user_str(lookup->name, sizeof(lookup->name), name) < 0)
		return;
	lookup->parent = parent;
	lookup->since = bpf_ktime_get_ns();
}

UNINTERRUPTED("uretprobe/libc:getaddrinfo", lookup_ends)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 now = bpf_ktime_get_ns();
	struct dns_lookup_span *span;
	struct lookup *lookup;

	if (ebpf_agent_slots_by == BY_NOTHING)
		return;
	lookup = bpf_task_storage_get(&lookups, task, 0, 0);
	if (!lookup || !lookup->since)
		return;
	if (now - lookup->since >= dns_lookup_min_ns) {
		span = reserve_span(&dns_lookup_spans, sizeof(*span), &dns_lookup_left_out_total,
				    &lookup->budget, &lookup->parent, now);
		if (span) {
			fill_span(&span->base, &lookup->parent, lookup->since, now - lookup->since);
			BPF_CORE_READ_STR_INTO(&span->comm, task, comm);
			span->error = -(int)PT_REGS_RC(ctx);
			__builtin_memcpy(span->name, lookup->name, sizeof(span->name));
			bpf_ringbuf_submit(span, 0);
		}
	}
	lookup->since = 0;
}

char LICENSE[] SEC("license") = "GPL";
