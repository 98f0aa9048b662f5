// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"
#include "open_file.h"
#include "span.h"
#include "syscall_of.h"
#include "trace_context.h"
#include "uninterrupted.h"
#include "kernel_span.h"
#include "file_span.h"

/*
 * Files that a thread, within a span, has written to the disk, by functions of the C library: programs on these cost
 * others nothing. The loader says which file the library is.
 */

const volatile u64 file_sync_min_ns = 100000;

LEFT_OUT(file_sync_left_out_total);

static __always_inline void begin_sync(u64 argument, bool is_descriptor)
{
	struct span_context parent;

	if (ebpf_agent_slots_by != BY_NOTHING && current_trace_context(&parent))
		begin_call(&parent, argument,
			   is_descriptor ? file_of(bpf_get_current_task_btf(), argument) : NULL);
}

/* The library's result says that there was an error, and not which. */
#define UNKNOWN_ERROR (-4095)

/* The function's first argument is a descriptor, or else an address. */
#define SYNC_BY(function, is_descriptor)                                                            	UNINTERRUPTED("uprobe/libc:" #function, function##_begins)                                  	{                                                                                           		begin_sync(PT_REGS_PARM1(ctx), is_descriptor);                                      	}                                                                                           	UNINTERRUPTED("uretprobe/libc:" #function, function##_ends)                                 	{                                                                                           		if (ebpf_agent_slots_by != BY_NOTHING)                                              			end_call(&file_sync_left_out_total, FILE_SYNC, CALL_##function,             				 (int)PT_REGS_RC(ctx) < 0 ? UNKNOWN_ERROR : 0, file_sync_min_ns);   	}

SYNC_BY(fsync, true)
SYNC_BY(fdatasync, true)
SYNC_BY(syncfs, true)
SYNC_BY(sync_file_range, true)
SYNC_BY(msync, false)

char LICENSE[] SEC("license") = "GPL";
