// SPDX-License-Identifier: Apache-2.0
/**
 * Kernel spans in the application's own traces: tells the kernel which span each thread is in, runs
 * the engine, and sends what comes of it to the application's exporters. Imports the engine and
 * what it takes and gives. Called by {@code extension}, by name.
 */
@NullMarked
package io.ebpfagent.tracing;

import org.jspecify.annotations.NullMarked;
