// SPDX-License-Identifier: Apache-2.0
/**
 * The writer of the folder that {@link io.ebpfagent.rows.PinnedFolder} reads: rows, and what tells
 * of them, as files of a BPF file system. Imports {@code attach}, {@code bpf}, {@code linux} and
 * core. Called by the engine.
 */
@NullMarked
package io.ebpfagent.pin;

import org.jspecify.annotations.NullMarked;
