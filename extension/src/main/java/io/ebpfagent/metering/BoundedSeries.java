// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metering;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The series of a metric, as many as may be. Those that were there last time keep their places,
 * then it is first come, first served; what gets none is added up in one series that OpenTelemetry
 * has a name for, so that totals are right. Safe from many threads.
 *
 * @param <V> what a series is
 */
final class BoundedSeries<V> {
  /** As OpenTelemetry's SDK marks what it has no room for. */
  static final Attributes OVERFLOW =
      Attributes.of(AttributeKey.booleanKey("otel.metric.overflow"), true);

  private final int most;
  private final BinaryOperator<V> plus;

  // Guarded by this.
  private Set<Attributes> known = Set.of();
  private int leftOut;

  /**
   * @param most how many series there may be besides the one for the rest
   * @param plus adds up two series
   */
  BoundedSeries(int most, BinaryOperator<V> plus) {
    this.most = most;
    this.plus = plus;
  }

  /** Takes the series of one reading. */
  final class Reading {
    private final Map<Attributes, V> kept = new LinkedHashMap<>();
    private int places = most - known.size();
    private @Nullable V rest;
    private int more;

    private Reading() {}

    /** Adds a series; of two with the same attributes the first one stays. */
    void add(Attributes attributes, V value) {
      if (kept.containsKey(attributes)) {
        return;
      }
      if (!known.contains(attributes) && --places < 0) {
        rest = rest == null ? value : plus.apply(rest, value);
        more++;
      } else {
        kept.put(attributes, value);
      }
    }
  }

  /**
   * Reads all series anew.
   *
   * @param source adds them
   */
  synchronized Map<Attributes, V> read(Consumer<Reading> source) {
    Reading reading = new Reading();
    source.accept(reading);
    known = Set.copyOf(reading.kept.keySet());
    leftOut = reading.more;
    if (reading.rest != null) {
      reading.kept.put(OVERFLOW, reading.rest);
    }
    return reading.kept;
  }

  /** How many series had no place of their own when they were last read. */
  synchronized int leftOut() {
    return leftOut;
  }
}
