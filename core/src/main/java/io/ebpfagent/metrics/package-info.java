// SPDX-License-Identifier: Apache-2.0
/**
 * From rows to series: read, decode, add up, write. Imports {@code rows}, {@code decode}, {@code
 * config} and {@code log}. Called by the engine, and by readers of what a daemon pinned.
 */
@NullMarked
package io.ebpfagent.metrics;

import org.jspecify.annotations.NullMarked;
