// SPDX-License-Identifier: Apache-2.0
/**
 * The records in which threads of this process say which span they are in, and how programs find
 * the record of a thread. Imports {@code bpf}, {@code linux} and {@code log}. Called by the
 * OpenTelemetry extension, and by the engine for the maps that programs share.
 */
@NullMarked
package io.ebpfagent.context;

import org.jspecify.annotations.NullMarked;
