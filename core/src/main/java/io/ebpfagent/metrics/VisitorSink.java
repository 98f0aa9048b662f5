// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.LabelRow;
import java.util.Arrays;
import java.util.List;

/** Brings samples to a visitor, each whole. */
final class VisitorSink implements SampleSink {
  private final SeriesVisitor visitor;
  private LabelNames names = LabelNames.of();

  VisitorSink(SeriesVisitor visitor) {
    this.visitor = visitor;
  }

  @Override
  public void family(Family family) {
    // The visitor asked for it by name.
  }

  @Override
  public void labels(LabelNames next) {
    names = next;
  }

  @Override
  public void sample(LabelRow labels, long value) {
    visitor.counter(values(labels), value);
  }

  @Override
  public void sample(LabelRow labels, double value) {
    throw new IllegalStateException("metrics of configs are whole numbers");
  }

  @Override
  public void histogram(LabelRow labels, Buckets buckets, long[] counts, int from, double sum) {
    visitor.histogram(
        values(labels),
        buckets.bounds(),
        Arrays.copyOfRange(counts, from, from + buckets.size()),
        sum);
  }

  private List<String> values(LabelRow labels) {
    String[] values = new String[names.size()];
    Arrays.setAll(values, labels::value);
    return List.of(values);
  }

  @Override
  public void dropPartial() {
    // Samples are given whole.
  }
}
