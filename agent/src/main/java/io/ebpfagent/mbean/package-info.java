// SPDX-License-Identifier: Apache-2.0
/**
 * Kernel metrics as MBeans. Imports the metrics' interfaces and {@code javax.management}, so
 * nothing here is touched before the host has set up its own. The agent calls it.
 */
@NullMarked
package io.ebpfagent.mbean;

import org.jspecify.annotations.NullMarked;
