// SPDX-License-Identifier: Apache-2.0
/**
 * The binding to the C library: file descriptors, cgroups, capabilities, sockets, locks, perf
 * events. Imports nothing of ours; only this package and {@code bpf} use {@code java.lang.foreign}.
 * Called by whatever needs something of the kernel for which the JDK has no class.
 */
@NullMarked
package io.ebpfagent.linux;

import org.jspecify.annotations.NullMarked;
