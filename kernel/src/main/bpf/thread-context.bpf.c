// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"
#include "span.h"
#include "trace_context.h"

/*
 * The maps of trace_context.h, and what puts a thread into them: a program that the thread runs itself, so
 * that nobody needs to know its id. Each pid namespace counts in its own way, and the kernel by none of them.
 */
SEC("raw_tp")
int register_thread(struct bpf_raw_tracepoint_args *ctx)
{
	struct thread_slot slot = { .index = ctx->args[0], .owner = ctx->args[1] };

	if (ebpf_agent_slots_by == BY_TASK) {
		struct thread_slot *its = bpf_task_storage_get(&ebpf_agent_tasks, bpf_get_current_task_btf(), 0,
							       BPF_LOCAL_STORAGE_GET_F_CREATE);

		if (!its)
			return 1;
		*its = slot;
	}
	if (ebpf_agent_slots_by == BY_THREAD_ID) {
		u32 id = bpf_get_current_pid_tgid();

		return bpf_map_update_elem(&ebpf_agent_tids, &id, &slot, BPF_ANY) != 0;
	}
	return 0;
}

/* The id may be given to another thread. A task's own storage ends with it. */
SEC("raw_tp/sched_process_exit")
int thread_exits(struct bpf_raw_tracepoint_args *ctx)
{
	if (ebpf_agent_slots_by == BY_THREAD_ID) {
		u32 id = BPF_CORE_READ((struct task_struct *)ctx->args[0], pid);

		bpf_map_delete_elem(&ebpf_agent_tids, &id);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
