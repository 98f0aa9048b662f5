// SPDX-License-Identifier: Apache-2.0
/**
 * The engine in the process of the application, for JVMs that are new enough. Imports the agent's
 * interfaces and the engine. The agent calls it, by its name.
 */
@NullMarked
package io.ebpfagent.inprocess;

import org.jspecify.annotations.NullMarked;
