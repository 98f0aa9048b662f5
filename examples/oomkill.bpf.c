// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* The exporter counts these events in user space, by their bytes: here a cgroup's id. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} oom_kills_total SEC(".maps");

SEC("fentry/oom_kill_process")
int BPF_PROG(oom_kill_process, struct oom_control *oc)
{
	u64 cgroup = BPF_CORE_READ(oc, chosen, cgroups, dfl_cgrp, kn, id);

	bpf_perf_event_output(ctx, &oom_kills_total, BPF_F_CURRENT_CPU, &cgroup, sizeof(cgroup));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
