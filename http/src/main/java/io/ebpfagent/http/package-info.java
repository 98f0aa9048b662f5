// SPDX-License-Identifier: Apache-2.0
/**
 * An HTTP server that no client can hold up: pages in, answers out. Imports {@link
 * io.ebpfagent.log.Log} and Jetty, and touches nothing that belongs to the whole JVM. Standalone
 * and the agent call it.
 */
@NullMarked
package io.ebpfagent.http;

import org.jspecify.annotations.NullMarked;
