// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Rows that nobody has seen before, at each exec: what labels do that are made of numbers of requests,
 * or of processes. The oldest rows go.
 */
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include "maps.h"

#define NEW_ROWS 2000
#define MAX_ROWS 4000
#define DIGITS 11

struct request_key {
	u64 number;
	char name[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_ROWS);
	__type(key, struct request_key);
	__type(value, u64);
} requests_total SEC(".maps");

static u64 requests;

static long add_request(u32 index, void *context)
{
	struct request_key key = { .name = "req-" };
	u64 one = 1;

	key.number = __sync_fetch_and_add(&requests, 1);
	for (int i = 0; i < DIGITS; i++)
		key.name[15 - i] = 'a' + ((key.number >> (4 * i)) & 15);
	bpf_map_update_elem(&requests_total, &key, &one, BPF_ANY);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int add_requests(void *context)
{
	bpf_loop(NEW_ROWS, add_request, NULL, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
