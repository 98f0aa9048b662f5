// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.LabelRow;
import java.io.IOException;

/** Receives the families of an {@link InfoSource}. */
public final class InfoSink {
  private final SampleSink sink;

  InfoSink(SampleSink sink) {
    this.sink = sink;
  }

  /**
   * Starts a counter; the samples that follow belong to it.
   *
   * @param name without the prefix that all our metrics have
   */
  public void counter(String name, String help, String... labels) throws IOException {
    begin(Family.Type.COUNTER, name, help, labels);
  }

  /**
   * Starts a gauge; the samples that follow belong to it.
   *
   * @param name without the prefix that all our metrics have
   */
  public void gauge(String name, String help, String... labels) throws IOException {
    begin(Family.Type.GAUGE, name, help, labels);
  }

  /**
   * Adds a sample.
   *
   * @param labelValues in the order of the family's labels
   */
  public void sample(long value, String... labelValues) throws IOException {
    sink.sample(row(labelValues), value);
  }

  /** Adds a sample that isn't a whole number. */
  public void sample(double value, String... labelValues) throws IOException {
    sink.sample(row(labelValues), value);
  }

  private void begin(Family.Type type, String name, String help, String... labels)
      throws IOException {
    sink.family(new Family(Family.PREFIX + name, help, type));
    sink.labels(LabelNames.of(labels));
  }

  private static LabelRow row(String... values) {
    LabelRow row = new LabelRow(values.length);
    for (String value : values) {
      row.bytes().append(value);
      row.endValue();
    }
    return row;
  }
}
