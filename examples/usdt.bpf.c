// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>
#include "maps.h"

struct import_key {
	char module[128];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct import_key);
	__type(value, u64);
} python_module_imports_total SEC(".maps");

SEC("usdt/python3:python:import__find__load__start")
int BPF_USDT(import_start, const char *module)
{
	struct import_key key = {};

	bpf_probe_read_user_str(key.module, sizeof(key.module), module);
	increment(&python_module_imports_total, &key);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
