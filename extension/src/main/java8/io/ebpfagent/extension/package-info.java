// SPDX-License-Identifier: Apache-2.0
/**
 * What the OpenTelemetry javaagent finds in the jar, as its service provider interfaces want it, in
 * class files that any JVM of its reads. Imports nothing of ours and loads {@code tracing} by name,
 * where the JVM is one that can. Called by the javaagent.
 */
package io.ebpfagent.extension;
