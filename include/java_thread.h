/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Names of a JVM's threads, limited in number. A Java thread's name comes from a probe that fires when the
 * thread starts. Other threads, and those that started earlier, have the kernel's name of up to 15 bytes. The
 * threads of a pool only differ in their numbers, so each number is shown as `*`. When there are too many
 * names, all further ones share one name, so there are never more than MAX_THREAD_NAMES.
 *
 * Include maps.h, host.h and probe.h first. Needs Linux 5.12.
 */

#define THREAD_NAME_SIZE 32 /* with a NUL */
#define LONGEST_NAME_READ 64
#define MAX_THREAD_NAMES 128
#define OTHER_THREADS "(other)"

struct thread_name {
	char text[THREAD_NAME_SIZE];
};

struct thread {
	struct thread_name name;
	u64 java_id; /* 0 if it is not known */
	/* For the example's use: what the thread is doing, and since when; 0 for nothing. */
	u64 since;
	u32 what;
	/* The state of set_name. It is in a map, because the verifier does not track all values of a map. */
	u32 name_length;
	u32 in_number;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

/* The names that are shown. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_THREAD_NAMES);
	__type(key, struct thread_name);
	__type(value, u8);
} thread_names SEC(".maps");

/* Copies a name with a `*` for each number. `raw` has LONGEST_NAME_READ bytes, the last ones zeros. */
static __always_inline void set_name(struct thread *thread, const char *raw)
{
	static const struct thread_name other = { OTHER_THREADS };
	u8 shown = 1;

	__builtin_memset(&thread->name, 0, sizeof(thread->name));
	thread->name_length = 0;
	thread->in_number = false;
	for (int i = 0; i < LONGEST_NAME_READ; i++) {
		char c = raw[i];
		bool digit = c >= '0' && c <= '9';
		u32 length = *(volatile u32 *)&thread->name_length;

		if (!c || length >= THREAD_NAME_SIZE - 1)
			break;
		if (!digit || !*(volatile u32 *)&thread->in_number) {
			thread->name.text[length & (THREAD_NAME_SIZE - 1)] = digit ? '*' : c;
			*(volatile u32 *)&thread->name_length = length + 1;
		}
		*(volatile u32 *)&thread->in_number = digit;
	}
	if (bpf_map_update_elem(&thread_names, &thread->name, &shown, BPF_ANY))
		thread->name = other;
}

/* Returns the entry of a thread of a watched process, and adds it if needed; NULL if there is no memory. */
static __always_inline struct thread *thread_of(struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, NULL, 0);
	char comm[LONGEST_NAME_READ] = {};

	if (thread)
		return thread;
	thread = bpf_task_storage_get(&threads, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!thread)
		return NULL;
	bpf_probe_read_kernel(comm, sizeof(task->comm), task->comm);
	set_name(thread, comm);
	return thread;
}

/*
 * A program that records changes of the kernel's names: the JVM names a thread after it has started to run.
 * Java threads already have a longer name.
 */
#define FOLLOW_RENAMES                                                                              \
	SEC("tp_btf/task_rename")                                                                   \
	int BPF_PROG(task_rename, struct task_struct *task, const char *name)                       \
	{                                                                                           \
		struct thread *thread = bpf_task_storage_get(&threads, task, NULL, 0);              \
		char comm[LONGEST_NAME_READ] = {};                                                  \
                                                                                                    \
		if (thread && !thread->java_id) {                                                   \
			bpf_probe_read_kernel_str(comm, sizeof(task->comm), name);                  \
			set_name(thread, comm);                                                     \
		}                                                                                   \
		return 0;                                                                           \
	}

/* The arguments: name, its length, the thread's id in Java, its id in the kernel, whether it is a daemon. */
static __always_inline void learn_name(struct pt_regs *ctx)
{
	char name[LONGEST_NAME_READ] = {};
	struct thread *thread;

	thread = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), NULL,
				      BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!thread)
		return;
	read_text(ctx, 0, name, sizeof(name));
	set_name(thread, name);
	thread->java_id = argument(ctx, 2);
}
