// SPDX-License-Identifier: Apache-2.0
/**
 * Raw rows: keys and values as the kernel has them, a chunk at a time. Imports nothing of ours.
 * {@code metrics} reads rows; the maps of a running engine and the files that a daemon pinned
 * supply them.
 */
@NullMarked
package io.ebpfagent.rows;

import org.jspecify.annotations.NullMarked;
