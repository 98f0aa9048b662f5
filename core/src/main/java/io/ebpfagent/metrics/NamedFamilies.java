// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.LabelRow;
import java.io.IOException;
import java.util.function.Predicate;

/** Passes on the families that are wanted. */
final class NamedFamilies implements SampleSink {
  private final SampleSink sink;
  private final Predicate<String> names;
  private boolean wanted;

  NamedFamilies(SampleSink sink, Predicate<String> names) {
    this.sink = sink;
    this.names = names;
  }

  @Override
  public void family(Family family) throws IOException {
    wanted = family.matches(names);
    if (wanted) {
      sink.family(family);
    }
  }

  @Override
  public void labels(LabelNames labels) throws IOException {
    if (wanted) {
      sink.labels(labels);
    }
  }

  @Override
  public void sample(LabelRow labels, long value) throws IOException {
    if (wanted) {
      sink.sample(labels, value);
    }
  }

  @Override
  public void sample(LabelRow labels, double value) throws IOException {
    if (wanted) {
      sink.sample(labels, value);
    }
  }

  @Override
  public void histogram(LabelRow labels, Buckets buckets, long[] counts, int from, double sum)
      throws IOException {
    if (wanted) {
      sink.histogram(labels, buckets, counts, from, sum);
    }
  }

  @Override
  public void dropPartial() {
    sink.dropPartial();
  }
}
