// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "maps.h"

#define MAX_BUCKET 24 /* 2^24 tenths of a microsecond: 1.7 s */
#define MAX_LEVEL 31  /* cgroups nested deeper are counted here */
#define ENOMEM 12
#define EBUSY 16
#define EEXIST 17

/*
 * A flush adds up the statistics of a cgroup's children, CPU by CPU, under a lock. The tracepoints tell which
 * CPU's part is at hand, or -1 outside of the loop over CPUs. Up to 6.14 a flush takes the lock with -1, gives
 * it up within the loop only when somebody waits for it, and ends where it is released with -1. Later ones
 * take it for each CPU, and with -1 only to look at the sums.
 */
struct flush {
	u64 since;	 /* 0: none is under way */
	u64 waits_since; /* for the lock; 0 if it was free */
	u64 locked_at;
};

/* Which of the two this kernel does: a CPU's part outside of a flush that began with -1 tells. */
bool cpu_by_cpu;

enum map_error { UNKNOWN_ERROR, NO_MEMORY, BUSY, ALREADY_EXISTS, NO_ELEM, TIMESTAMP_ZERO, MAP_ERRORS };

struct time_key {
	u32 bucket;
};

struct flush_key {
	u16 level;
	u16 bucket;
};

struct locked_key {
	u8 contended;
	u8 yield; /* taken again in the middle of a flush */
	u16 level;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u32); /* thread id */
	__type(value, struct flush);
} flushes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_LEVEL + 1);
	__type(key, u32);
	__type(value, u64);
} cgroup_rstat_flush_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4 * (MAX_LEVEL + 1));
	__type(key, struct locked_key);
	__type(value, u64);
} cgroup_rstat_locked_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAP_ERRORS);
	__type(key, u32);
	__type(value, u64);
} cgroup_rstat_map_errors_total SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_BUCKET + 2);
	__type(key, u32); /* struct time_key; an array's key must be an integer */
	__type(value, u64);
} cgroup_rstat_lock_wait_seconds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_BUCKET + 2);
	__type(key, u32); /* struct time_key */
	__type(value, u64);
} cgroup_rstat_lock_hold_seconds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, (MAX_LEVEL + 1) * (MAX_BUCKET + 2));
	__type(key, struct flush_key);
	__type(value, u64);
} cgroup_rstat_flush_latency_seconds SEC(".maps");

/* A per-CPU map has no value for a CPU that cannot be. */
static __always_inline bool is_last_cpu(int cpu)
{
	u32 level = 0;

	return !bpf_map_lookup_percpu_elem(&cgroup_rstat_flush_total, &level, cpu + 1);
}

static __always_inline void failed(enum map_error error)
{
	u32 type = error;

	increment(&cgroup_rstat_map_errors_total, &type);
}

static __always_inline u32 level_of(struct cgroup *cgroup)
{
	u32 level = cgroup->level;

	return level < MAX_LEVEL ? level : MAX_LEVEL;
}

static __always_inline u64 to_tenth_micros(u64 nanos)
{
	return (nanos + 50) / 100;
}

/* The state of the current task; NULL, and counted, if there can't be one. */
static __always_inline struct flush *current_flush(void)
{
	u32 task = bpf_get_current_pid_tgid();
	struct flush *flush = bpf_map_lookup_elem(&flushes, &task);
	struct flush none = {};
	long error;

	if (flush)
		return flush;
	error = bpf_map_update_elem(&flushes, &task, &none, BPF_NOEXIST);
	if (error)
		failed(error == -ENOMEM ? NO_MEMORY :
		       error == -EBUSY	? BUSY :
		       error == -EEXIST ? ALREADY_EXISTS :
					  UNKNOWN_ERROR);
	flush = bpf_map_lookup_elem(&flushes, &task);
	if (!flush)
		failed(NO_ELEM);
	return flush;
}

SEC("tp_btf/cgroup_rstat_lock_contended")
int BPF_PROG(cgroup_rstat_lock_contended)
{
	struct flush *flush = current_flush();

	if (flush)
		flush->waits_since = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/cgroup_rstat_locked")
int BPF_PROG(cgroup_rstat_locked, struct cgroup *cgroup, int cpu, bool contended)
{
	u32 level = level_of(cgroup);
	struct locked_key locked = { .contended = contended, .level = level };
	struct flush *flush = current_flush();
	struct time_key wait = {};
	u64 now = bpf_ktime_get_ns();

	if (!flush)
		return 0;
	if (contended && flush->waits_since)
		observe_exp2(&cgroup_rstat_lock_wait_seconds, &wait,
			     to_tenth_micros(now - flush->waits_since), MAX_BUCKET);
	flush->waits_since = 0;
	flush->locked_at = now;
	if (cpu == 0 && !flush->since)
		cpu_by_cpu = true;
	if (cpu == (cpu_by_cpu ? 0 : -1)) {
		flush->since = now;
		increment(&cgroup_rstat_flush_total, &level);
	} else if (cpu >= 0) {
		locked.yield = 1;
	}
	increment(&cgroup_rstat_locked_total, &locked);
	return 0;
}

SEC("tp_btf/cgroup_rstat_unlock")
int BPF_PROG(cgroup_rstat_unlock, struct cgroup *cgroup, int cpu)
{
	u32 task = bpf_get_current_pid_tgid();
	struct flush *flush = bpf_map_lookup_elem(&flushes, &task);
	struct flush_key latency = { .level = level_of(cgroup) };
	struct time_key hold = {};
	u64 now = bpf_ktime_get_ns();

	if (!flush) {
		failed(NO_ELEM);
		return 0;
	}
	if (!flush->locked_at) {
		failed(TIMESTAMP_ZERO);
		return 0;
	}
	observe_exp2(&cgroup_rstat_lock_hold_seconds, &hold, to_tenth_micros(now - flush->locked_at),
		     MAX_BUCKET);
	flush->locked_at = 0;
	if (flush->since) {
		if (cpu_by_cpu ? !is_last_cpu(cpu) : cpu >= 0)
			return 0; /* to be continued */
		observe_exp2(&cgroup_rstat_flush_latency_seconds, &latency,
			     to_tenth_micros(now - flush->since), MAX_BUCKET);
	}
	bpf_map_delete_elem(&flushes, &task);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
