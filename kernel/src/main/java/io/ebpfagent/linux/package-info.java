// SPDX-License-Identifier: Apache-2.0
/**
 * The binding to the C library: descriptors, cgroups, capabilities, sockets, locks, perf events.
 * Imports nothing of ours; only this package and {@code bpf} know {@code java.lang.foreign}. Called
 * by whoever asks the kernel for something that the JDK has no class for.
 */
@NullMarked
package io.ebpfagent.linux;

import org.jspecify.annotations.NullMarked;
