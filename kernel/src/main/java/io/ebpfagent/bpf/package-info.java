// SPDX-License-Identifier: Apache-2.0
/**
 * The binding to libbpf: objects, maps, programs, links and buffers, and the only package that
 * knows {@code java.lang.foreign}. Imports nothing of ours. Called by {@code attach}, {@code
 * metrics} and {@code trace}, which get bytes and never addresses.
 */
@NullMarked
package io.ebpfagent.bpf;

import org.jspecify.annotations.NullMarked;
