// SPDX-License-Identifier: Apache-2.0
/**
 * The agent in somebody else's JVM: its configuration, its endpoint, and when it may do what.
 * Imports core, http and mbean, and no native code, for it runs on Java 17. The entry class calls
 * it.
 */
@NullMarked
package io.ebpfagent.agent;

import org.jspecify.annotations.NullMarked;
