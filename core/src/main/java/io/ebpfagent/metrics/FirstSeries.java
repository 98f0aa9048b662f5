// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.LabelRow;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Passes each series of a family on once, from the first of the configs that share the family: an
 * exposition with a duplicate series is rejected as a whole. Series are equal when their labels
 * are, in any order.
 */
final class FirstSeries implements SampleSink {
  private final SampleSink sink;
  private final Map<List<String>, SeriesTable> seen = new HashMap<>();

  private @Nullable ConfigStats stats;
  private String metric = "";
  private LabelNames names = LabelNames.of();
  private SeriesTable table = new SeriesTable(0, 1);

  /** Indexes of the labels in the order of their sorted names. */
  private int[] sorted = {};

  private LabelRow key = new LabelRow(0);

  FirstSeries(SampleSink sink) {
    this.sink = sink;
  }

  /** Sets the config and metric of the samples that follow. */
  void begin(ConfigStats config, String metricName) {
    stats = config;
    metric = metricName;
  }

  @Override
  public void family(Family family) throws IOException {
    sink.family(family);
  }

  @Override
  public void labels(LabelNames next) throws IOException {
    names = next;
    List<String> list = next.names();
    sorted =
        IntStream.range(0, list.size())
            .boxed()
            .sorted((a, b) -> list.get(a).compareTo(list.get(b)))
            .mapToInt(Integer::intValue)
            .toArray();
    table =
        seen.computeIfAbsent(
            list.stream().sorted().toList(), sortedNames -> new SeriesTable(list.size(), 1));
    key = new LabelRow(list.size());
    sink.labels(next);
  }

  @Override
  public void sample(LabelRow labels, long value) throws IOException {
    if (isFirst(labels)) {
      sink.sample(labels, value);
    }
  }

  @Override
  public void sample(LabelRow labels, double value) throws IOException {
    if (isFirst(labels)) {
      sink.sample(labels, value);
    }
  }

  @Override
  public void histogram(LabelRow labels, Buckets buckets, long[] counts, int from, double sum)
      throws IOException {
    if (isFirst(labels)) {
      sink.histogram(labels, buckets, counts, from, sum);
    }
  }

  private boolean isFirst(LabelRow labels) {
    key.clear();
    for (int label : sorted) {
      key.append(labels, label);
    }
    int before = table.size();
    table.add(key, 0, 1);
    boolean first = table.size() > before;
    if (!first && stats != null) {
      stats.duplicate(metric, names.text(labels));
    }
    return first;
  }

  @Override
  public void dropPartial() {
    sink.dropPartial();
  }
}
