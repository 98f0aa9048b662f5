/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#pragma once

/*
 * Defines a map by which user space tells a program what to trace. User space stores the context of a running
 * span under the id of a task, a cgroup or a socket, and deletes it when the span ends. Kernel spans become
 * children of that span. Tasks, cgroups and sockets that are not in the map get no spans, because a wrong
 * parent is worse than none.
 *
 * The value is struct span_context of span.h, which is 24 bytes: a trace id and a span id, both in the byte
 * order in which their hex digits are written. Only store sampled spans. README.md lists the maps.
 */
#define TRACED(name, key_type)                                                                      \
	struct {                                                                                    \
		__uint(type, BPF_MAP_TYPE_HASH);                                                    \
		__uint(max_entries, 16384);                                                         \
		__type(key, key_type);                                                              \
		__type(value, struct span_context);                                                 \
	} name SEC(".maps")
