// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metering;

import io.ebpfagent.engine.Engine;
import io.ebpfagent.metrics.ConfigMetric;
import io.ebpfagent.metrics.SeriesVisitor;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A metric, read when somebody asks. More than one config may have it. Safe from many threads.
 *
 * @param <V> what a series is: a number, or a distribution
 */
final class MetricReading<V> {
  private static final String PREFIX = "ebpf_exporter_";
  private static final String TOTAL = "_total";

  private final List<ConfigMetric> metrics;
  private final Engine engine;
  private final BoundedSeries<V> series;
  private final Taking<V> taking;

  // Guarded by this.
  private @Nullable Map<Attributes, V> last;

  /** How series come in. */
  @FunctionalInterface
  private interface Taking<V> {
    SeriesVisitor into(BoundedSeries<V>.Reading reading, ConfigMetric metric);
  }

  private MetricReading(
      List<ConfigMetric> metrics, Engine engine, int most, BinaryOperator<V> plus, Taking<V> as) {
    this.metrics = List.copyOf(metrics);
    this.engine = engine;
    this.series = new BoundedSeries<>(most, plus);
    this.taking = as;
  }

  /**
   * A counter.
   *
   * @param metrics those of one name
   * @param most how many series there may be
   */
  static MetricReading<Long> counter(List<ConfigMetric> metrics, Engine engine, int most) {
    return new MetricReading<>(
        metrics, engine, most, Long::sum, (reading, metric) -> new Numbers(reading, metric));
  }

  /**
   * A histogram.
   *
   * @param metrics those of one name
   * @param most how many series there may be
   */
  static MetricReading<Distribution> histogram(
      List<ConfigMetric> metrics, Engine engine, int most) {
    return new MetricReading<>(
        metrics,
        engine,
        most,
        Distribution::plus,
        (reading, metric) -> new Distributions(reading, metric));
  }

  /** The whole name, as everywhere else. */
  String name() {
    return PREFIX + metrics.getFirst().name();
  }

  String help() {
    return metrics.getFirst().help();
  }

  /** As UCUM writes it; empty where the name doesn't tell. */
  String unit() {
    return unit(name());
  }

  static String unit(String name) {
    String base = name.endsWith(TOTAL) ? name.substring(0, name.length() - TOTAL.length()) : name;
    if (base.endsWith("_seconds")) {
      return "s";
    }
    return base.endsWith("_bytes") ? "By" : "";
  }

  /** Reads the series anew, or after the {@link #end} those that were there then. */
  synchronized Map<Attributes, V> read() {
    Map<Attributes, V> at = last;
    if (at != null) {
      return at;
    }
    return series.read(
        reading -> metrics.forEach(metric -> engine.visit(metric, taking.into(reading, metric))));
  }

  /** Reads for the last time. */
  synchronized void end() {
    last = read();
  }

  int leftOut() {
    return series.leftOut();
  }

  private static Attributes attributes(ConfigMetric metric, List<String> values) {
    AttributesBuilder attributes = Attributes.builder();
    for (int i = 0; i < values.size(); i++) {
      attributes.put(metric.labels().get(i), values.get(i));
    }
    return attributes.build();
  }

  /** Takes numbers; they are unsigned in the kernel and not here. */
  private record Numbers(BoundedSeries<Long>.Reading reading, ConfigMetric metric)
      implements SeriesVisitor {
    @Override
    public void counter(List<String> labels, long value) {
      reading.add(attributes(metric, labels), value < 0 ? Long.MAX_VALUE : value);
    }

    @Override
    public void histogram(List<String> labels, double[] bounds, long[] counts, double sum) {
      throw new IllegalStateException(metric.name() + " is a counter");
    }
  }

  private record Distributions(BoundedSeries<Distribution>.Reading reading, ConfigMetric metric)
      implements SeriesVisitor {
    @Override
    public void counter(List<String> labels, long value) {
      throw new IllegalStateException(metric.name() + " is a histogram");
    }

    @Override
    public void histogram(List<String> labels, double[] bounds, long[] counts, double sum) {
      reading.add(attributes(metric, labels), new Distribution(bounds, counts, sum));
    }
  }
}
