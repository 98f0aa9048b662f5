// SPDX-License-Identifier: Apache-2.0
/**
 * Whole-process benchmarks: the packaged exporter beside the C floor, in one run. Imports nothing
 * of ours: it measures from outside. Called by {@code make bench}.
 */
@NullMarked
package io.ebpfagent.benchmark;

import org.jspecify.annotations.NullMarked;
