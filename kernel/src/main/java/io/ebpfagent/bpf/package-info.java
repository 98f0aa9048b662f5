// SPDX-License-Identifier: Apache-2.0
/**
 * The binding to libbpf: objects, maps, programs, links and buffers. Imports {@code linux} and
 * {@code log}; only this package and {@code linux} use {@code java.lang.foreign}. Called by {@code
 * attach}, {@code engine} and {@code trace}, which get bytes and never addresses.
 */
@NullMarked
package io.ebpfagent.bpf;

import org.jspecify.annotations.NullMarked;
