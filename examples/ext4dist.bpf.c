// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"
#include "call.h"
#include "filesystem.h"

enum operation { FILE_READ, FILE_WRITE, FILE_OPEN, FILE_SYNC, FILE_GETATTR, OPERATIONS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, OPERATIONS * (MAX_BUCKET + 2));
	__type(key, struct file_operation);
	__type(value, u64);
} ext4_latency_seconds SEC(".maps");

OBSERVE_CALLS(ext4_latency_seconds, ext4_file_read_iter, FILE_READ)
OBSERVE_CALLS(ext4_latency_seconds, ext4_file_write_iter, FILE_WRITE)
OBSERVE_CALLS(ext4_latency_seconds, ext4_file_open, FILE_OPEN)
OBSERVE_CALLS(ext4_latency_seconds, ext4_sync_file, FILE_SYNC)
OBSERVE_CALLS(ext4_latency_seconds, ext4_file_getattr, FILE_GETATTR)

char LICENSE[] SEC("license") = "GPL";
