// SPDX-License-Identifier: Apache-2.0
/**
 * An HTTP server that no client can hold up. Imports {@link io.ebpfagent.log.Log} and Jetty, and
 * changes nothing that belongs to the whole JVM. Called by standalone and the agent.
 */
@NullMarked
package io.ebpfagent.http;

import org.jspecify.annotations.NullMarked;
