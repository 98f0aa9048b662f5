// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "probe.h"
#include "block.h"
#include "maps.h"
#include "host.h"
#include "java_thread.h"
#include "span.h"
#include "syscall_of.h"
#include "file_operation.h"

/* Syncs are seen in the C library, so that other calls, and other processes, don't pay for it. */

RINGBUF_RESERVE_FAILURES(jvm_disk_ringbuf_reserve_failures_total);

#define BLOCK_SPANS_LOST jvm_disk_ringbuf_reserve_failures_total
#include "jvm_disk.h"

ON_PROBE(hotspot, thread__start)
{
	learn_name(ctx);
}

FOLLOW_RENAMES

static __always_inline void begin_sync(void)
{
	struct thread *thread;

	if (!watched_current())
		return;
	thread = thread_of(bpf_get_current_task_btf());
	if (thread)
		thread->since = bpf_ktime_get_ns();
}

static __always_inline void end_sync(void)
{
	struct operation_key key = { .operation = FILE_SYNC };
	struct thread *thread;

	if (!watched_current())
		return;
	thread = bpf_task_storage_get(&threads, bpf_get_current_task_btf(), NULL, 0);
	if (!thread || !thread->since)
		return;
	observe_exp2(&jvm_file_operation_seconds, &key, to_micros(bpf_ktime_get_ns() - thread->since),
		     MAX_BUCKET);
	thread->since = 0;
}

#define SYNC_BY(function)                                                                           \
	UNINTERRUPTED("uprobe/libc:" #function, function##_begins)                                  \
	{                                                                                           \
		begin_sync();                                                                       \
	}                                                                                           \
	UNINTERRUPTED("uretprobe/libc:" #function, function##_ends)                                 \
	{                                                                                           \
		end_sync();                                                                         \
	}

SYNC_BY(fsync)
SYNC_BY(fdatasync)
SYNC_BY(syncfs)
SYNC_BY(sync_file_range)
SYNC_BY(msync)

char LICENSE[] SEC("license") = "GPL";
