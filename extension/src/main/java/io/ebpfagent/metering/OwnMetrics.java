// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metering;

import io.ebpfagent.context.ThreadSlots;
import io.ebpfagent.engine.Engine;
import io.ebpfagent.trace.SpanCounts;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableDoubleMeasurement;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import io.opentelemetry.api.metrics.ObservableMeasurement;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the engine says of itself: whether configs run, and what got lost on the way. All of it is
 * asked for at once.
 */
final class OwnMetrics {
  private static final String PREFIX = "ebpf_exporter_";
  private static final String TOTAL = "_total";
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("reason");

  /** Families of the engine's, as client_java names them. Those about single programs are none. */
  private static final Set<String> FAMILIES =
      Set.of(
          PREFIX + "config_attached",
          PREFIX + "decoder_errors",
          PREFIX + "map_read_errors",
          PREFIX + "map_full",
          PREFIX + "perf_event_array_lost_events",
          PREFIX + "perf_event_array_uncounted_events",
          PREFIX + "ringbuf_records",
          PREFIX + "ringbuf_decode_errors",
          PREFIX + "ringbuf_fullest_ratio",
          PREFIX + "span_clock_error_seconds",
          PREFIX + "thread_failures");

  private final Engine engine;
  private final ThreadSlots slots;
  private final SpanCounts spans;
  private final Runnable atEnd;
  private final Map<String, ObservableLongMeasurement> counters = new LinkedHashMap<>();
  private final Map<String, ObservableDoubleMeasurement> gauges = new LinkedHashMap<>();
  private final ObservableLongMeasurement exported;
  private final ObservableLongMeasurement dropped;
  private final ObservableLongMeasurement refused;
  private final ObservableLongMeasurement used;

  // Guarded by this.
  private @Nullable MetricSnapshots last;

  private OwnMetrics(
      Meter meter, Engine engine, ThreadSlots slots, SpanCounts spans, Runnable atEnd) {
    this.engine = engine;
    this.slots = slots;
    this.spans = spans;
    this.atEnd = atEnd;
    for (MetricSnapshot family : engine.collect(FAMILIES::contains)) {
      String name = family.getMetadata().getName();
      String help = String.valueOf(family.getMetadata().getHelp());
      if (family instanceof CounterSnapshot) {
        counters.put(name, meter.counterBuilder(name + TOTAL).setDescription(help).buildObserver());
      } else {
        gauges.put(
            name,
            meter
                .gaugeBuilder(name)
                .setDescription(help)
                .setUnit(MetricReading.unit(name))
                .buildObserver());
      }
    }
    exported =
        meter
            .counterBuilder(PREFIX + "spans_exported_total")
            .setDescription("Spans that the receiver took.")
            .buildObserver();
    dropped =
        meter
            .counterBuilder(PREFIX + "spans_dropped_total")
            .setDescription("Spans that were not exported, by reason.")
            .buildObserver();
    refused =
        meter
            .counterBuilder(PREFIX + "threads_left_out_total")
            .setDescription("Threads without kernel spans, because there was no record for them.")
            .buildObserver();
    used =
        meter
            .gaugeBuilder(PREFIX + "thread_records")
            .ofLongs()
            .setDescription("Records in which threads say which span they are in.")
            .buildObserver();
  }

  /**
   * Begins to answer.
   *
   * @param atEnd sends the last spans, so that they count; called when the JVM ends, every time
   */
  static OwnMetrics register(
      Meter meter, Engine engine, ThreadSlots slots, SpanCounts spans, Runnable atEnd) {
    OwnMetrics own = new OwnMetrics(meter, engine, slots, spans, atEnd);
    List<ObservableMeasurement> all = new ArrayList<>(own.counters.values());
    all.addAll(own.gauges.values());
    all.addAll(List.of(own.dropped, own.refused, own.used));
    meter.batchCallback(own::record, own.exported, all.toArray(ObservableMeasurement[]::new));
    return own;
  }

  private synchronized MetricSnapshots snapshots() {
    return last != null ? last : engine.collect(FAMILIES::contains);
  }

  /** Asks for the last time, but for the counts of spans, which outlive the engine. */
  synchronized void end() {
    last = snapshots();
  }

  /** Whether shutdown hooks run, of which the one of OpenTelemetry's collects for the last time. */
  private static boolean jvmEnds() {
    Thread hook = new Thread(() -> {});
    try {
      Runtime.getRuntime().addShutdownHook(hook);
      Runtime.getRuntime().removeShutdownHook(hook);
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  private void record() {
    if (jvmEnds()) {
      atEnd.run();
    }
    for (MetricSnapshot family : snapshots()) {
      String name = family.getMetadata().getName();
      ObservableLongMeasurement counter = counters.get(name);
      ObservableDoubleMeasurement gauge = gauges.get(name);
      if (counter != null && family instanceof CounterSnapshot its) {
        for (CounterDataPointSnapshot point : its.getDataPoints()) {
          counter.record((long) point.getValue(), attributes(point.getLabels()));
        }
      } else if (gauge != null && family instanceof GaugeSnapshot its) {
        for (GaugeDataPointSnapshot point : its.getDataPoints()) {
          gauge.record(point.getValue(), attributes(point.getLabels()));
        }
      }
    }
    exported.record(spans.exported());
    for (SpanCounts.Reason reason : SpanCounts.Reason.values()) {
      dropped.record(spans.dropped(reason), Attributes.of(REASON, reason.label()));
    }
    refused.record(slots.refused());
    used.record(slots.used());
  }

  private static Attributes attributes(Labels labels) {
    AttributesBuilder attributes = Attributes.builder();
    labels.forEach(label -> attributes.put(label.getName(), label.getValue()));
    return attributes.build();
  }
}
