// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Maps that must be opened only, never loaded: some would take what memory there is. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

struct open_path {
	char text[4096];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20);
	__type(key, struct open_path);
	__type(value, u64);
} lazy_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 30);
	__type(key, struct open_path);
	__type(value, u64);
} eager_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4000000000u);
	__uint(key_size, 8);
	__uint(value_size, 8);
} trie SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 30);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
	__type(key, struct open_path);
	__type(value, u64);
} ebpfagent_pinned_for_a_test SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
