/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Histograms with few buckets, for metrics with many series: 10 µs, 100 µs, … 100 s. Include maps.h first.
 *
 * bucket_type: fixed, bucket_multiplier: 0.000001,
 * bucket_keys: [10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000]
 */

#define LAST_DECADE 100000000ull

/* `key` points to a struct with a member `bucket` of 4 bytes or more, which is overwritten. */
#define observe_decade(map, key, micros)                                                            \
	({                                                                                          \
		u64 micros_ = (micros);                                                             \
		observe_in_bucket(map, key, decade(micros_), LAST_DECADE, micros_);                 \
	})

static __always_inline u64 decade(u64 micros)
{
	u64 bound = 10;

#pragma unroll
	for (int i = 0; i < 7; i++)
		if (micros > bound)
			bound *= 10;
	return bound;
}
