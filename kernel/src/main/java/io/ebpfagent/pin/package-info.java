// SPDX-License-Identifier: Apache-2.0
/**
 * Writes the folder that {@link io.ebpfagent.rows.PinnedFolder} reads: rows, and the files that
 * describe them, in a BPF file system. Imports {@code attach}, {@code bpf}, {@code linux} and core.
 * Called by the engine.
 */
@NullMarked
package io.ebpfagent.pin;

import org.jspecify.annotations.NullMarked;
