// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.demo;

import java.util.Map;

/**
 * A span.
 *
 * @param parentId empty for the first of a trace
 * @param kind {@code server}, {@code client}, {@code internal}, or {@code kernel} for ours
 * @param start in nanoseconds since 1970
 * @param end in nanoseconds since 1970
 * @param attributes by name, as text
 */
record ReceivedSpan(
    String traceId,
    String id,
    String parentId,
    String name,
    String kind,
    long start,
    long end,
    Map<String, String> attributes) {
  ReceivedSpan {
    attributes = Map.copyOf(attributes);
  }

  double millis() {
    return (end - start) / 1e6;
  }

  boolean isFirst() {
    return parentId.isEmpty();
  }

  boolean isKernels() {
    return kind.equals("kernel");
  }
}
