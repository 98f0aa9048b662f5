/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * How user space tells a program what is traced: it puts the context of a running span into a hash map
 * under the id of a task, a cgroup or a socket, and deletes it when the span ends. Kernel spans become
 * children of that span. What is not in the map gives no spans: a wrong parent is worse than none.
 *
 * The value is struct span_context of span.h, which is 24 bytes: a trace id and a span id, both in the byte
 * order in which their hex digits are written. Put sampled spans only. README.md lists the maps.
 */
#define TRACED(name, key_type)                                                                      \
	struct {                                                                                    \
		__uint(type, BPF_MAP_TYPE_HASH);                                                    \
		__uint(max_entries, 16384);                                                         \
		__type(key, key_type);                                                              \
		__type(value, struct span_context);                                                 \
	} name SEC(".maps")
