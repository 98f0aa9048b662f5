package io.ebpfagent.metrics;

import io.ebpfagent.decode.LabelRow;
import java.io.IOException;

/** Takes the families of an {@link InfoSource}. */
public final class InfoSink {
  private final SampleSink sink;

  InfoSink(SampleSink sink) {
    this.sink = sink;
  }

  /**
   * The samples that follow are this counter's.
   *
   * @param name without the prefix that all of ours have
   */
  public void counter(String name, String help, String... labels) throws IOException {
    begin(InfoFamilies.counter(name, help), LabelNames.of(labels));
  }

  /**
   * The samples that follow are this gauge's.
   *
   * @param name without the prefix that all of ours have
   */
  public void gauge(String name, String help, String... labels) throws IOException {
    begin(InfoFamilies.gauge(name, help), LabelNames.of(labels));
  }

  /** A sample, with the values of the family's labels. */
  public void sample(long value, String... labelValues) throws IOException {
    sink.sample(row(labelValues), value);
  }

  /** A sample that isn't whole. */
  public void sample(double value, String... labelValues) throws IOException {
    sink.sample(row(labelValues), value);
  }

  private void begin(Family family, LabelNames names) throws IOException {
    sink.family(family);
    sink.labels(names);
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
