// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metering;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.common.export.MemoryMode;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramBuckets;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramData;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramPointData;
import io.opentelemetry.sdk.metrics.data.HistogramData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.resources.Resource;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * One of the application's exporters, which sends the kernel's histograms with each batch: their
 * buckets were filled elsewhere, and no instrument of OpenTelemetry's takes such. They come as the
 * exporter wants its histograms: since the start, or since the last batch.
 */
public final class MeteredExporter implements MetricExporter {
  private final MetricExporter exporter;
  private final Supplier<@Nullable KernelMeter> meter;

  /** By metric, what was sent last and when; for exporters that want differences. */
  private final Map<String, Sent> sent = new HashMap<>();

  private record Sent(long epochNanos, Map<Attributes, Distribution> series) {}

  /**
   * @param meter null as long as there is none
   */
  public MeteredExporter(MetricExporter exporter, Supplier<@Nullable KernelMeter> meter) {
    this.exporter = exporter;
    this.meter = meter;
  }

  @Override
  public CompletableResultCode export(Collection<MetricData> metrics) {
    KernelMeter now = meter.get();
    return exporter.export(
        now == null || metrics.isEmpty() ? metrics : withHistograms(metrics, now));
  }

  /** Whatever is wrong with ours, the application's are sent. */
  private Collection<MetricData> withHistograms(Collection<MetricData> metrics, KernelMeter meter) {
    List<MetricData> all = new ArrayList<>(metrics);
    try {
      Resource resource = metrics.iterator().next().getResource();
      for (MetricReading<Distribution> histogram : meter.histograms()) {
        Map<Attributes, Distribution> series = histogram.read();
        if (!series.isEmpty()) {
          all.add(metric(resource, meter, histogram, series));
        }
      }
    } catch (RuntimeException | Error e) {
      meter.failed(e);
    }
    return all;
  }

  private HistogramMetric metric(
      Resource resource,
      KernelMeter meter,
      MetricReading<Distribution> histogram,
      Map<Attributes, Distribution> series) {
    long now = ChronoUnit.NANOS.between(Instant.EPOCH, Instant.now());
    long since = meter.startEpochNanos();
    AggregationTemporality temporality = getAggregationTemporality(InstrumentType.HISTOGRAM);
    Map<Attributes, Distribution> before = Map.of();
    if (temporality == AggregationTemporality.DELTA) {
      Sent last = sent.put(histogram.name(), new Sent(now, series));
      if (last != null) {
        since = last.epochNanos;
        before = last.series;
      }
    }
    boolean exponential =
        getDefaultAggregation(InstrumentType.HISTOGRAM)
                .equals(Aggregation.base2ExponentialBucketHistogram())
            && series.values().stream().allMatch(Distribution::isExponential);
    List<HistogramPointData> points = new ArrayList<>();
    List<ExponentialHistogramPointData> exponentials = new ArrayList<>();
    for (Map.Entry<Attributes, Distribution> one : series.entrySet()) {
      Distribution earlier = before.get(one.getKey());
      Distribution its = one.getValue();
      Distribution more = earlier == null ? its : its.since(earlier);
      if (exponential) {
        exponentials.add(exponential(since, now, one.getKey(), more));
      } else {
        points.add(point(since, now, one.getKey(), more));
      }
    }
    return new HistogramMetric(
        resource,
        InstrumentationScopeInfo.create(KernelMeter.SCOPE),
        histogram.name(),
        histogram.help(),
        histogram.unit(),
        exponential ? MetricDataType.EXPONENTIAL_HISTOGRAM : MetricDataType.HISTOGRAM,
        exponential
            ? ExponentialHistogramData.create(temporality, exponentials)
            : HistogramData.create(temporality, points));
  }

  private static ExponentialHistogramPointData exponential(
      long since, long now, Attributes attributes, Distribution its) {
    // Bucket i is for what is above 2^i and not above its double.
    List<Long> counts = LongStream.of(its.counts()).skip(1).boxed().toList();
    return ExponentialHistogramPointData.create(
        0,
        its.sum(),
        its.counts()[0],
        false,
        0,
        false,
        0,
        ExponentialHistogramBuckets.create(0, its.firstExponent() - 1, counts),
        ExponentialHistogramBuckets.create(0, 0, List.of()),
        since,
        now,
        attributes,
        List.of());
  }

  private static HistogramPointData point(
      long since, long now, Attributes attributes, Distribution its) {
    // What is above the last bound is in the last bucket of the map, too: nothing is beyond.
    return HistogramPointData.create(
        since,
        now,
        attributes,
        its.sum(),
        false,
        0,
        false,
        0,
        DoubleStream.of(its.bounds()).boxed().toList(),
        LongStream.concat(LongStream.of(its.counts()), LongStream.of(0)).boxed().toList());
  }

  @Override
  public CompletableResultCode flush() {
    return exporter.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    return exporter.shutdown();
  }

  @Override
  public AggregationTemporality getAggregationTemporality(InstrumentType instrument) {
    return exporter.getAggregationTemporality(instrument);
  }

  @Override
  public Aggregation getDefaultAggregation(InstrumentType instrument) {
    return exporter.getDefaultAggregation(instrument);
  }

  @Override
  public MemoryMode getMemoryMode() {
    return exporter.getMemoryMode();
  }

  @Override
  public String toString() {
    return exporter.toString();
  }
}
