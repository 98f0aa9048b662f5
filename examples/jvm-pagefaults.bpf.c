// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "host.h"

/* The error code of x86 says what was tried. */
#define TRIED_WRITE (1 << 1)
#define TRIED_EXECUTE (1 << 4)

enum access { READ, WRITE, EXECUTE };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EXECUTE + 1);
	__type(key, u32);
	__type(value, u64);
} jvm_page_faults_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} jvm_major_page_faults_total SEC(".maps");

/* How many major faults of a thread are counted. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} counted SEC(".maps");

/* The kernel knows after a fault whether it was a major one: here that is the next one, or the end. */
static __always_inline void count_major(struct task_struct *task)
{
	u64 faults = task->maj_flt;
	u64 *before = bpf_task_storage_get(&counted, task, &faults, BPF_LOCAL_STORAGE_GET_F_CREATE);
	u32 only = 0;

	if (before && *before != faults) {
		add_to(&jvm_major_page_faults_total, &only, faults - *before);
		*before = faults;
	}
}

static __always_inline void count(u64 error_code)
{
	u32 access = error_code & TRIED_EXECUTE ? EXECUTE : error_code & TRIED_WRITE ? WRITE : READ;

	if (!watched_current())
		return;
	increment(&jvm_page_faults_total, &access);
	count_major(bpf_get_current_task_btf());
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(page_fault_user, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	count(error_code);
	return 0;
}

/* The kernel's own, on the process's memory. */
SEC("tp_btf/page_fault_kernel")
int BPF_PROG(page_fault_kernel, unsigned long address, struct pt_regs *regs, unsigned long error_code)
{
	count(error_code);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	if (watched(task))
		count_major(task);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
