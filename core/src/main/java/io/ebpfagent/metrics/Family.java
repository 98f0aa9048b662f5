// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import java.util.function.Predicate;

/**
 * A metric's name, help text and type.
 *
 * @param name the whole name, {@code ebpf_exporter_timer_starts_total}
 */
record Family(String name, String help, Type type) {
  /** Prefix of all our metrics. */
  static final String PREFIX = "ebpf_exporter_";

  private static final String TOTAL = "_total";

  enum Type {
    COUNTER("counter"),
    GAUGE("gauge"),
    HISTOGRAM("histogram");

    final String text;

    Type(String text) {
      this.text = text;
    }
  }

  /** Whether a filter accepts the family by either of its names. */
  boolean matches(Predicate<String> names) {
    return names.test(name) || names.test(nameWithoutTotal());
  }

  /** Whether OpenMetrics requires a {@code _total} that the name doesn't have. */
  boolean counterWithoutTotal() {
    return type == Type.COUNTER && !name.endsWith(TOTAL);
  }

  /** The name without {@code _total}, as OpenMetrics declares counters. */
  String nameWithoutTotal() {
    return type == Type.COUNTER && name.endsWith(TOTAL)
        ? name.substring(0, name.length() - TOTAL.length())
        : name;
  }
}
