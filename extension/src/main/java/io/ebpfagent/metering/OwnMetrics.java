// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metering;

import io.ebpfagent.context.ThreadSlots;
import io.ebpfagent.engine.Engine;
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
import java.util.LinkedHashMap;
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
          PREFIX + "spans_exported",
          PREFIX + "spans_dropped",
          PREFIX + "span_clock_error_seconds",
          PREFIX + "thread_failures");

  private final Engine engine;
  private final ThreadSlots slots;
  private final Map<String, ObservableLongMeasurement> counters = new LinkedHashMap<>();
  private final Map<String, ObservableDoubleMeasurement> gauges = new LinkedHashMap<>();
  private final ObservableLongMeasurement refused;
  private final ObservableLongMeasurement used;

  // Guarded by this.
  private @Nullable MetricSnapshots last;

  private OwnMetrics(Meter meter, Engine engine, ThreadSlots slots) {
    this.engine = engine;
    this.slots = slots;
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

  static OwnMetrics register(Meter meter, Engine engine, ThreadSlots slots) {
    OwnMetrics own = new OwnMetrics(meter, engine, slots);
    Map<String, ObservableMeasurement> all = new LinkedHashMap<>(own.counters);
    all.putAll(own.gauges);
    all.put(PREFIX + "thread_records", own.used);
    meter.batchCallback(
        own::record, own.refused, all.values().toArray(ObservableMeasurement[]::new));
    return own;
  }

  private synchronized MetricSnapshots snapshots() {
    return last != null ? last : engine.collect(FAMILIES::contains);
  }

  /** Asks for the last time. */
  synchronized void end() {
    last = snapshots();
  }

  private void record() {
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
    refused.record(slots.refused());
    used.record(slots.used());
  }

  private static Attributes attributes(Labels labels) {
    AttributesBuilder attributes = Attributes.builder();
    labels.forEach(label -> attributes.put(label.getName(), label.getValue()));
    return attributes.build();
  }
}
