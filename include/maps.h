/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Counters and histograms in BPF maps, as the exporter reads them: the value is a u64, and the key is
 * the labels' bytes in order. Include vmlinux.h and bpf/bpf_helpers.h first.
 */

#ifndef BPF_NOEXIST
#define BPF_NOEXIST 1 /* a #define in the UAPI headers, so vmlinux.h has it only as an enumerator */
#endif

/*
 * Adds to the counter of `key`, which starts at 0. The addition is atomic in per-CPU maps too, because
 * an interrupt may run the same program in the middle of it. When the map is full, new keys are not counted.
 */
static __always_inline void add_to(void *map, const void *key, __u64 amount)
{
	__u64 *value = bpf_map_lookup_elem(map, key);

	if (!value) {
		__u64 zero = 0;

		/* If another CPU inserts the key first, this fails, and the lookup finds that CPU's value. */
		bpf_map_update_elem(map, key, &zero, BPF_NOEXIST);
		value = bpf_map_lookup_elem(map, key);
		if (!value)
			return;
	}
	__sync_fetch_and_add(value, amount);
}

static __always_inline void increment(void *map, const void *key)
{
	add_to(map, key, 1);
}

/* Returns the smallest n with value <= 2^n, by binary search: BPF cannot count leading zeros. */
static __always_inline __u64 log2_ceil(__u64 value)
{
	__u64 below = value ? value - 1 : 0;
	__u64 bits = 0;

#pragma unroll
	for (int half = 32; half > 0; half /= 2)
		if (below >> half) {
			below >>= half;
			bits += half;
		}
	return bits + below;
}

/* Rounds nanoseconds to the nearest microsecond, so that a histogram's sum is right on average. */
static __always_inline __u64 to_micros(__u64 nanos)
{
	return (nanos + 500) / 1000;
}

/*
 * Adds a value to a histogram. `key` points to a struct with a member `bucket`, which is overwritten. The
 * bucket `bucket_max` also counts larger values, and the one after it holds the sum of the values.
 */
#define observe_in_bucket(map, key, bucket_index, bucket_max, value)                                \
	({                                                                                          \
		__u64 index_ = (bucket_index);                                                      \
		(key)->bucket = index_ < (bucket_max) ? index_ : (bucket_max);                      \
		increment(map, key);                                                                \
		(key)->bucket = (bucket_max) + 1;                                                   \
		add_to(map, key, value);                                                            \
	})

/* bucket_type: exp2, where bucket i counts the values up to 2^i */
#define observe_exp2(map, key, value, bucket_max)                                                   \
	({                                                                                          \
		__u64 value_ = (value);                                                             \
		observe_in_bucket(map, key, log2_ceil(value_), bucket_max, value_);                 \
	})

/* bucket_type: exp2zero, where bucket 0 counts the zeros and bucket i the values up to 2^(i-1) */
#define observe_exp2zero(map, key, value, bucket_max)                                               \
	({                                                                                          \
		__u64 value_ = (value);                                                             \
		observe_in_bucket(map, key, value_ ? log2_ceil(value_) + 1 : 0, bucket_max, value_);\
	})
