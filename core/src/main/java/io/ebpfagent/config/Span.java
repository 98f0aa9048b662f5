// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A kind of span of a config, read from a ring buffer.
 *
 * @param name the span's name, unless a label {@code span_name} gives one; defaults to the ring
 *     buffer's name
 * @param ringbuf the ring buffer map's name
 * @param service {@code service.name} of the spans' resource; null for the process's own
 */
public record Span(String name, String ringbuf, @Nullable String service, List<Label> labels) {
  public Span {
    labels = List.copyOf(labels);
  }
}
