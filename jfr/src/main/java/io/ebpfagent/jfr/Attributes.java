// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import io.ebpfagent.trace.SpanRecord;
import java.util.List;
import java.util.StringJoiner;

/** A span's attributes, by name. */
record Attributes(SpanRecord span) {
  /** An attribute's value; empty when the span has none. */
  String text(String name) {
    int index = span.source().attributes().indexOf(name);
    return index < 0 ? "" : span.values().get(index);
  }

  /** The same as a number; 0 when it is none. */
  long number(String name) {
    try {
      return Long.parseUnsignedLong(text(name));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** All of them: {@code name=value name=value}. */
  String all() {
    StringJoiner all = new StringJoiner(" ");
    List<String> names = span.source().attributes();
    for (int i = 0; i < names.size(); i++) {
      all.add(names.get(i) + "=" + span.values().get(i));
    }
    return all.toString();
  }

  /** When the span began, in milliseconds since 1970. */
  long startMillis() {
    return Math.floorDiv(span.startEpochNanos(), 1_000_000L);
  }

  /** How long it took, in nanoseconds. */
  long nanos() {
    return span.endEpochNanos() - span.startEpochNanos();
  }
}
