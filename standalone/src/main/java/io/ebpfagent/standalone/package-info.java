// SPDX-License-Identifier: Apache-2.0
/**
 * The exporter as a daemon: flags, HTTP, its own log, start and stop. Imports the engine. Called by
 * the launcher.
 */
@NullMarked
package io.ebpfagent.standalone;

import org.jspecify.annotations.NullMarked;
