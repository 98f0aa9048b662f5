// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metering;

import io.ebpfagent.context.ThreadSlots;
import io.ebpfagent.engine.Engine;
import io.ebpfagent.log.Log;
import io.ebpfagent.metrics.ConfigMetric;
import io.ebpfagent.trace.SpanCounts;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The engine's metrics in the application's meter provider: counters as asynchronous counters, and
 * what the engine says of itself. Histograms are what {@link MeteredExporter} asks for. Maps are
 * read when OpenTelemetry collects, and not before.
 */
public final class KernelMeter implements AutoCloseable {
  /** The instrumentation scope. */
  public static final String SCOPE = "io.ebpfagent";

  private static final AttributeKey<String> METRIC = AttributeKey.stringKey("metric");

  private final Log log;
  private final long startEpochNanos = ChronoUnit.NANOS.between(Instant.EPOCH, Instant.now());
  private final List<MetricReading<Long>> counters = new ArrayList<>();
  private final List<MetricReading<Distribution>> histograms = new ArrayList<>();
  private final OwnMetrics own;
  private final AtomicBoolean failed = new AtomicBoolean();

  /**
   * Begins to answer.
   *
   * @param spans counts the spans that go another way
   * @param most how many series a metric may have
   * @param atEnd sends the last spans, so that they count; called when the JVM ends, every time
   */
  public KernelMeter(
      Engine engine,
      ThreadSlots slots,
      SpanCounts spans,
      MeterProvider provider,
      int most,
      Runnable atEnd,
      Log log) {
    this.log = log;
    Meter meter = provider.get(SCOPE);
    Map<String, List<ConfigMetric>> byName = new LinkedHashMap<>();
    for (ConfigMetric metric : engine.perConfig()) {
      byName.computeIfAbsent(metric.name(), name -> new ArrayList<>()).add(metric);
    }
    for (List<ConfigMetric> metrics : byName.values()) {
      if (metrics.getFirst().histogram()) {
        histograms.add(MetricReading.histogram(metrics, engine, most));
      } else {
        MetricReading<Long> counter = MetricReading.counter(metrics, engine, most);
        counters.add(counter);
        register(meter, counter);
      }
    }
    own = OwnMetrics.register(meter, engine, slots, spans, atEnd);
    meter
        .gaugeBuilder("ebpf_exporter_left_out_series")
        .ofLongs()
        .setDescription("Series of a metric that are sent as one, because there are too many.")
        .buildWithCallback(this::leftOut);
  }

  private void register(Meter meter, MetricReading<Long> counter) {
    meter
        .counterBuilder(counter.name())
        .setDescription(counter.help())
        .setUnit(counter.unit())
        .buildWithCallback(
            to -> {
              try {
                counter.read().forEach((attributes, value) -> to.record(value, attributes));
              } catch (RuntimeException | Error e) {
                failed(e);
              }
            });
  }

  private void leftOut(ObservableLongMeasurement to) {
    counters.forEach(counter -> leftOut(counter, to));
    histograms.forEach(histogram -> leftOut(histogram, to));
  }

  private static void leftOut(MetricReading<?> metric, ObservableLongMeasurement to) {
    if (metric.leftOut() > 0) {
      to.record(metric.leftOut(), Attributes.of(METRIC, metric.name()));
    }
  }

  List<MetricReading<Distribution>> histograms() {
    return histograms;
  }

  long startEpochNanos() {
    return startEpochNanos;
  }

  /** Said once. */
  void failed(Throwable e) {
    if (failed.compareAndSet(false, true)) {
      log.log(Log.Level.ERROR, "kernel metrics are incomplete", e);
    }
  }

  /**
   * Reads all for the last time: OpenTelemetry collects once more when it ends, and then the maps
   * are gone.
   */
  @Override
  public void close() {
    try {
      counters.forEach(MetricReading::end);
      histograms.forEach(MetricReading::end);
      own.end();
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }
}
