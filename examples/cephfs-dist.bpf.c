// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"
#include "call.h"
#include "filesystem.h"

enum operation { FILE_READ, FILE_WRITE, FILE_MKDIR, FILE_UNLINK, FILE_FSYNC, OPERATIONS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, OPERATIONS * (MAX_BUCKET + 2));
	__type(key, struct file_operation);
	__type(value, u64);
} cephfs_latency_seconds SEC(".maps");

OBSERVE_CALLS(cephfs_latency_seconds, ceph_read_iter, FILE_READ)
OBSERVE_CALLS(cephfs_latency_seconds, ceph_write_iter, FILE_WRITE)
OBSERVE_CALLS(cephfs_latency_seconds, ceph_mkdir, FILE_MKDIR)
OBSERVE_CALLS(cephfs_latency_seconds, ceph_unlink, FILE_UNLINK)
OBSERVE_CALLS(cephfs_latency_seconds, ceph_fsync, FILE_FSYNC)

char LICENSE[] SEC("license") = "GPL";
