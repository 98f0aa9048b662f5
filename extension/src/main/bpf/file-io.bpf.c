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
#include "kernel_span.h"
#include "file_span.h"

/*
 * System calls by which a thread, within a span, reads or writes a file, if they take long. All system calls of the
 * machine pass here, and what most of them cost is to look at their number.
 */

const volatile u64 file_read_min_ns = 10000000;
const volatile u64 file_write_min_ns = 10000000;

LEFT_OUT(file_io_left_out_total);

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	struct span_context parent;
	struct file *file;
	u64 descriptor;

	if (ebpf_agent_slots_by == BY_NOTHING || reads_or_writes(id) == FILE_NONE || !current_trace_context(&parent))
		return 0;
	descriptor = SYSCALL_ARGUMENT_1(regs);
	file = file_of(bpf_get_current_task_btf(), descriptor);
	if (is_regular(file))
		begin_call(&parent, descriptor, file);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long result)
{
	long syscall = SYSCALL_NUMBER(regs);
	enum file_operation operation = reads_or_writes(syscall);

	if (ebpf_agent_slots_by != BY_NOTHING && operation != FILE_NONE)
		end_call(&file_io_left_out_total, operation, syscall, result,
			 operation == FILE_READ ? file_read_min_ns : file_write_min_ns);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
