// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.config.Metric;
import io.ebpfagent.decode.Bytes;
import java.io.IOException;
import java.io.OutputStream;

/** Source of the samples of one metric of one config. Thread-safe. */
sealed interface SampleSource permits MetricSource, EventCounter {
  Metric metric();

  /** Returns the names of the series' labels. */
  LabelNames names();

  default Family family() {
    return new Family(
        Family.PREFIX + metric().name(),
        metric().help(),
        metric() instanceof Metric.Histogram ? Family.Type.HISTOGRAM : Family.Type.COUNTER);
  }

  /**
   * Passes the current samples to a sink. Problems are counted, not thrown.
   *
   * @throws IOException when the sink fails
   */
  void read(SampleSink sink) throws IOException;

  /** Drops what is cached; called when nothing will be read any more. */
  void close();

  /** Writes the raw data of the samples as text, a line each, with {@code text} as the buffer. */
  void writeRows(OutputStream out, Bytes text) throws IOException;
}
