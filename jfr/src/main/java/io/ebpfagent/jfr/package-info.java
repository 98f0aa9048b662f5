// SPDX-License-Identifier: Apache-2.0
/**
 * Kernel spans as events of this JVM's flight recorder, with the kernel's own time. Imports {@code
 * trace}, {@code engine} and {@code log}. Called by the agent.
 */
@NullMarked
package io.ebpfagent.jfr;

import org.jspecify.annotations.NullMarked;
