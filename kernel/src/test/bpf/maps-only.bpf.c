// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* A map of each kind that the engine reads, and no program: tests fill them from user space. */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>

struct pair {
	u64 a;
	u64 b;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct pair);
	__type(value, u64);
} hash_u64 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct pair);
	__type(value, u64);
} percpu_hash_u64 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} array_u64 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} percpu_array_u64 SEC(".maps");

/* for a metric whose only label is "cpu", or that has none */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} percpu_single SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct pair);
	__type(value, u64);
} lru_hash_u64 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct pair);
	__type(value, u64);
} lru_percpu_hash_u64 SEC(".maps");

struct bucket_key {
	u32 a;
	u32 bucket;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct bucket_key);
	__type(value, u64);
} hist_hash SEC(".maps");

struct padded_key {
	u8 a;
	u8 pad[3];
	u32 b;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct padded_key);
	__type(value, u64);
} padded_hash SEC(".maps");

struct bytes32 {
	u8 bytes[32];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct bytes32);
	__type(value, u64);
} bytes32_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} small_total SEC(".maps");

struct prefix {
	u32 bits;
	u32 address;
};

/* begins anew where the row that is read was deleted */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, u64);
} trie_u64 SEC(".maps");

/* a metric's value has 8 bytes: this one is an error */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u32);
} wrong_value SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
