// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "open_file.h"
#include "span.h"
#include "trace_context.h"
#include "kernel_span.h"

/*
 * Time that a thread, within a span, waits for memory: while a page comes from a disk, and while the kernel takes pages
 * from others, because there are no free ones, or because its cgroup has as many as it may have.
 */

const volatile u64 page_fault_min_ns = 1000000;
const volatile u64 reclaim_min_ns = 100000;

#define COMM_LENGTH 16

enum fault_type { MINOR, MAJOR };
enum reclaim_of { OF_NODE, OF_CGROUP };

struct stretch {
	struct span_context parent;
	u64 since; /* 0: in none */
};

struct stalls {
	struct span_budget budget;
	struct stretch fault;
	u64 address;
	struct stretch reclaim;
	struct path_room room;
};

struct page_fault_span {
	struct span_base base;
	char comm[COMM_LENGTH];
	u32 type;
	char path[PATH_SIZE];
};

struct reclaim_span {
	struct span_base base;
	char comm[COMM_LENGTH];
	u32 of;
	u32 unused;
	u64 pages;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct stalls);
} stalls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} page_fault_spans SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} reclaim_spans SEC(".maps");

LEFT_OUT(memory_left_out_total);

/* The current thread's; NULL if it is in no span. */
static __always_inline struct stalls *stalls_of_current(struct span_context *parent)
{
	if (ebpf_agent_slots_by == BY_NOTHING || !current_trace_context(parent))
		return NULL;
	return bpf_task_storage_get(&stalls, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* Every fault begins so; that it was a major one is known at its end. */
static __always_inline void fault_begins(u64 address)
{
	struct span_context parent;
	struct stalls *its = stalls_of_current(&parent);

	if (!its)
		return;
	its->fault.parent = parent;
	its->fault.since = bpf_ktime_get_ns();
	its->address = address;
}

#if defined(__TARGET_ARCH_arm64)

/* PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS: there is no tracepoint. */
SEC("perf_event/type=1,config=2,period=1")
int any_fault(struct bpf_perf_event_data *ctx)
{
	fault_begins(ctx->addr);
	return 0;
}

#else

SEC("tp_btf/page_fault_user")
int BPF_PROG(page_fault_user, unsigned long address)
{
	fault_begins(address);
	return 0;
}

/* The kernel's own, on memory of the process. */
SEC("tp_btf/page_fault_kernel")
int BPF_PROG(page_fault_kernel, unsigned long address)
{
	fault_begins(address);
	return 0;
}

#endif

static long take_file(struct task_struct *task, struct vm_area_struct *vma, struct file **file)
{
	*file = vma->vm_file;
	return 0;
}

static __always_inline void emit_fault(struct task_struct *task, struct stalls *its, u64 now)
{
	struct page_fault_span *span;
	struct file *file = NULL;
	u32 at = PATH_SIZE - 1;

	if (is_left_out(&memory_left_out_total, &its->budget, &its->fault.parent, now))
		return;
	its->room.text[at] = 0;
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_find_vma))
		bpf_find_vma(task, its->address, take_file, &file, 0);
	if (file)
		at = path_of(file, &its->room) & (PATH_SIZE - 1);
	span = room_for_span(&page_fault_spans, sizeof(*span), &memory_left_out_total);
	if (!span)
		return;
	fill_span(&span->base, &its->fault.parent, its->fault.since, now - its->fault.since);
	BPF_CORE_READ_STR_INTO(&span->comm, task, comm);
	span->type = MAJOR;
	bpf_probe_read_kernel_str(span->path, sizeof(span->path), &its->room.text[at]);
	bpf_ringbuf_submit(span, 0);
}

/* PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ: the page is there. */
SEC("perf_event/type=1,config=6,period=1")
int major_fault(struct bpf_perf_event_data *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 now = bpf_ktime_get_ns();
	struct span_context parent;
	struct stalls *its;

	/* In no span now, it was in none when the fault began, and what is noted is of an earlier one. */
	if (ebpf_agent_slots_by == BY_NOTHING || !current_trace_context(&parent))
		return 0;
	its = bpf_task_storage_get(&stalls, task, 0, 0);
	if (!its || !its->fault.since)
		return 0;
	if (now - its->fault.since >= page_fault_min_ns)
		emit_fault(task, its, now);
	its->fault.since = 0;
	return 0;
}

static __always_inline void reclaim_begins(void)
{
	struct span_context parent;
	struct stalls *its = stalls_of_current(&parent);

	if (!its)
		return;
	its->reclaim.parent = parent;
	its->reclaim.since = bpf_ktime_get_ns();
}

static __always_inline void reclaim_ends(enum reclaim_of of, u64 pages)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 now = bpf_ktime_get_ns();
	struct reclaim_span *span;
	struct stalls *its;

	if (ebpf_agent_slots_by == BY_NOTHING)
		return;
	its = bpf_task_storage_get(&stalls, task, 0, 0);
	if (!its || !its->reclaim.since)
		return;
	if (now - its->reclaim.since >= reclaim_min_ns) {
		span = reserve_span(&reclaim_spans, sizeof(*span), &memory_left_out_total, &its->budget,
				    &its->reclaim.parent, now);
		if (span) {
			fill_span(&span->base, &its->reclaim.parent, its->reclaim.since,
				  now - its->reclaim.since);
			BPF_CORE_READ_STR_INTO(&span->comm, task, comm);
			span->of = of;
			span->pages = pages;
			bpf_ringbuf_submit(span, 0);
		}
	}
	its->reclaim.since = 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int BPF_PROG(direct_reclaim_begin)
{
	reclaim_begins();
	return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_end")
int BPF_PROG(direct_reclaim_end, unsigned long pages)
{
	reclaim_ends(OF_NODE, pages);
	return 0;
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_begin")
int BPF_PROG(memcg_reclaim_begin)
{
	reclaim_begins();
	return 0;
}

SEC("tp_btf/mm_vmscan_memcg_reclaim_end")
int BPF_PROG(memcg_reclaim_end, unsigned long pages)
{
	reclaim_ends(OF_CGROUP, pages);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
