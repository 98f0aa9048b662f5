// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.LabelRow;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot.UnknownDataPointSnapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects samples as client_java's snapshots, for applications that embed the engine. */
final class SnapshotSink implements SampleSink {
  private final List<MetricSnapshot> done = new ArrayList<>();
  private @Nullable Family family;
  private LabelNames names = LabelNames.of();

  private final List<CounterDataPointSnapshot> counters = new ArrayList<>();
  private final List<UnknownDataPointSnapshot> unknowns = new ArrayList<>();
  private final List<GaugeDataPointSnapshot> gauges = new ArrayList<>();
  private final List<HistogramDataPointSnapshot> histograms = new ArrayList<>();

  @Override
  public void family(Family next) {
    endFamily();
    family = next;
  }

  @Override
  public void labels(LabelNames next) {
    names = next;
  }

  @Override
  public void sample(LabelRow row, long value) {
    sample(row, Buckets.unsigned(value));
  }

  @Override
  public void sample(LabelRow row, double value) {
    Family current = current();
    Labels labels = labels(row);
    if (current.counterWithoutTotal()) {
      // client_java appends _total to every counter, but users chose the name of this one.
      unknowns.add(UnknownDataPointSnapshot.builder().labels(labels).value(value).build());
    } else if (current.type() == Family.Type.COUNTER) {
      counters.add(CounterDataPointSnapshot.builder().labels(labels).value(value).build());
    } else {
      gauges.add(GaugeDataPointSnapshot.builder().labels(labels).value(value).build());
    }
  }

  @Override
  public void histogram(LabelRow row, Buckets buckets, long[] counts, int from, double sum) {
    double[] bounds = Arrays.copyOf(buckets.bounds(), buckets.size() + 1);
    bounds[buckets.size()] = Double.POSITIVE_INFINITY;
    long[] perBucket = new long[bounds.length];
    // client_java's counts are signed, so counts and their total are capped at the largest long.
    long left = Long.MAX_VALUE;
    for (int i = 0; i < buckets.size(); i++) {
      long count = counts[from + i];
      perBucket[i] = count < 0 ? left : Math.min(count, left);
      left -= perBucket[i];
    }
    histograms.add(
        HistogramDataPointSnapshot.builder()
            .labels(labels(row))
            .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, perBucket))
            .sum(sum)
            .build());
  }

  @Override
  public void dropPartial() {
    // Samples are added whole.
  }

  /** Returns everything that was collected. */
  MetricSnapshots snapshots() {
    endFamily();
    return new MetricSnapshots(done);
  }

  private void endFamily() {
    if (family == null) {
      return;
    }
    MetricMetadata metadata = new MetricMetadata(family.nameWithoutTotal(), family.help());
    if (family.counterWithoutTotal()) {
      done.add(new UnknownSnapshot(metadata, List.copyOf(unknowns)));
    } else {
      done.add(
          switch (family.type()) {
            case COUNTER -> new CounterSnapshot(metadata, List.copyOf(counters));
            case GAUGE -> new GaugeSnapshot(metadata, List.copyOf(gauges));
            case HISTOGRAM -> new HistogramSnapshot(metadata, List.copyOf(histograms));
          });
    }
    counters.clear();
    unknowns.clear();
    gauges.clear();
    histograms.clear();
    family = null;
  }

  private Family current() {
    if (family == null) {
      throw new IllegalStateException("a sample before its family");
    }
    return family;
  }

  private Labels labels(LabelRow row) {
    String[] values = new String[names.size()];
    Arrays.setAll(values, row::value);
    return Labels.of(names.names().toArray(String[]::new), values);
  }
}
