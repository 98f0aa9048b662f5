// SPDX-License-Identifier: Apache-2.0
/**
 * The logging interface. Imports nothing of ours. Everything that logs takes a {@link
 * io.ebpfagent.log.Log} from its caller.
 */
@NullMarked
package io.ebpfagent.log;

import org.jspecify.annotations.NullMarked;
