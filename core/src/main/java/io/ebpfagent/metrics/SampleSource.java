// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.config.Metric;
import io.ebpfagent.decode.Bytes;
import java.io.IOException;
import java.io.OutputStream;

/** One metric of one config: where its samples come from. Used by many threads at once. */
sealed interface SampleSource permits MetricSource, EventCounter {
  Metric metric();

  /** The names of the series' labels. */
  LabelNames names();

  default Family family() {
    return new Family(
        Family.PREFIX + metric().name(),
        metric().help(),
        metric() instanceof Metric.Histogram ? Family.Type.HISTOGRAM : Family.Type.COUNTER);
  }

  /** Gives the samples as they are now to a sink. What goes wrong is counted, not thrown. */
  void read(SampleSink sink) throws IOException;

  /** Drops what is cached, when nothing will be read any more. */
  void close();

  /** Writes what the samples are made of as text, a line each, by way of {@code text}. */
  void writeRows(OutputStream out, Bytes text) throws IOException;
}
