// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.LabelRow;
import java.io.IOException;

/**
 * Where samples go: the exposition formats' bytes, or client_java's snapshots. Families come one
 * after the other, each with all its series.
 */
interface SampleSink {
  /** The samples that follow are this family's. */
  void family(Family family) throws IOException;

  /** The samples that follow have these labels, in this order. */
  void labels(LabelNames names) throws IOException;

  /** A counter's or gauge's sample. */
  void sample(LabelRow labels, long value) throws IOException;

  /** A sample that isn't whole. */
  void sample(LabelRow labels, double value) throws IOException;

  /**
   * A histogram's series.
   *
   * @param labels values of all labels but the bucket; more may follow in the row
   * @param counts of the buckets, not cumulative, from {@code from} on, as many as there are bounds
   */
  void histogram(LabelRow labels, Buckets buckets, long[] counts, int from, double sum)
      throws IOException;

  /** Forgets what was given of a sample whose source failed before the sample was whole. */
  void dropPartial();
}
