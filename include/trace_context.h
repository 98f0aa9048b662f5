/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Which span of its application a thread is in, for programs that make children of it. Whoever loads the
 * program says where contexts are to be found; where nobody does, no thread is in any. Include vmlinux.h,
 * bpf/bpf_helpers.h and span.h first.
 *
 * A thread writes its context into a record, in the layout of OTEP 4947, in an array that the process has
 * mapped. It has the same record for life. Which one that is, the thread's own storage says, or a hash by
 * thread id where the kernel has no such storage for programs of this kind.
 *
 * An array whose name ends in _by_slot has an entry for each slot, whatever its size in the program. What is in
 * it may be of a thread that has ended: put the slot's owner there, too.
 */

/* The last 16 bytes are ours: attributes end before them. */
struct thread_record {
	__u8 trace_id[16];
	__u8 span_id[8];
	__u8 valid; /* 1, else the rest means nothing */
	__u8 flags;
	__u16 attributes_size;
	__u8 attributes[20];
	__u64 java_thread; /* the JVM's own struct of the thread, in its memory; 0 if that isn't known */
	__u32 unused;
	__u32 owner; /* a number that no other thread of the process ever has */
};

/* Where a thread's record is. A thread that ends may run on when its record has another owner. */
struct thread_slot {
	__u32 index;
	__u32 owner;
};

enum thread_slots_by {
	BY_NOTHING,
	BY_TASK,
	BY_THREAD_ID,
};

#define TRACE_SAMPLED 1

/* Set before the program is loaded, so that the verifier sees one of the ways alone. */
const volatile __u32 ebpf_agent_slots_by = BY_NOTHING;

/* These maps are the same for all programs; their sizes here mean nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct thread_record);
} ebpf_agent_records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread_slot);
} ebpf_agent_tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct thread_slot);
} ebpf_agent_tids SEC(".maps");

/* Of most tasks programs store nothing, and this is cheaper to see than to ask for. */
static __always_inline bool has_storage(struct task_struct *task)
{
	return !bpf_core_field_exists(task->bpf_storage) || task->bpf_storage;
}

static __always_inline struct thread_slot *slot_of(struct task_struct *task)
{
	if (ebpf_agent_slots_by == BY_TASK)
		return has_storage(task) ? bpf_task_storage_get(&ebpf_agent_tasks, task, 0, 0) : 0;
	if (ebpf_agent_slots_by == BY_THREAD_ID) {
		__u32 id = task->pid;

		return bpf_map_lookup_elem(&ebpf_agent_tids, &id);
	}
	return 0;
}

static __always_inline struct thread_record *record_at(const struct thread_slot *slot)
{
	__u32 index = slot->index;
	struct thread_record *record = bpf_map_lookup_elem(&ebpf_agent_records, &index);

	return record && record->owner == slot->owner ? record : 0;
}

static __always_inline struct thread_record *record_of(struct task_struct *task)
{
	struct thread_slot *slot = slot_of(task);

	return slot ? record_at(slot) : 0;
}

/* Whether the thread is in a span, and one that is sampled. A record that is being written is invalid. */
static __always_inline bool is_sampled(const struct thread_record *record)
{
	return record && *(volatile __u8 *)&record->valid == 1 && record->flags & TRACE_SAMPLED;
}

/* False if it is in none. */
static __always_inline bool trace_context_at(const struct thread_record *record, struct span_context *context)
{
	if (!is_sampled(record))
		return false;
	__builtin_memcpy(context->trace_id, record->trace_id, sizeof(context->trace_id));
	__builtin_memcpy(context->span_id, record->span_id, sizeof(context->span_id));
	/* Another CPU may have let the task run meanwhile. */
	barrier();
	return *(volatile __u8 *)&record->valid == 1;
}

/* The context of a task that doesn't run, or is the current one. False if it is in no span that is sampled. */
static __always_inline bool trace_context_of(struct task_struct *task, struct span_context *context)
{
	return ebpf_agent_slots_by != BY_NOTHING && trace_context_at(record_of(task), context);
}

static __always_inline bool current_trace_context(struct span_context *context)
{
	if (ebpf_agent_slots_by == BY_NOTHING)
		return false;
	return trace_context_of(bpf_get_current_task_btf(), context);
}
