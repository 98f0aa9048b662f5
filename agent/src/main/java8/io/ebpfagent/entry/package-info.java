// SPDX-License-Identifier: Apache-2.0
/**
 * The class by which the agent enters a JVM, of any version. Imports nothing but the JDK of Java 8.
 * The JVM calls it, as the jar's manifest says.
 */
package io.ebpfagent.entry;
