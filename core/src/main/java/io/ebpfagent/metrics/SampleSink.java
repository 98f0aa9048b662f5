// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.LabelRow;
import java.io.IOException;

/**
 * Receives samples, as bytes of the exposition formats or as client_java's snapshots. Families come
 * one after the other, each with all its series.
 */
interface SampleSink {
  /** Starts a family; the samples that follow belong to it. */
  void family(Family family) throws IOException;

  /** Sets the labels of the samples that follow, in this order. */
  void labels(LabelNames names) throws IOException;

  /** Adds a sample of a counter or gauge. */
  void sample(LabelRow labels, long value) throws IOException;

  /** Adds a sample that isn't a whole number. */
  void sample(LabelRow labels, double value) throws IOException;

  /**
   * Adds a histogram's series.
   *
   * @param labels values of all labels but the bucket; more may follow in the row
   * @param counts of the buckets, not cumulative, from index {@code from} on, as many as there are
   *     bounds
   */
  void histogram(LabelRow labels, Buckets buckets, long[] counts, int from, double sum)
      throws IOException;

  /** Discards the incomplete sample of a source that failed. */
  void dropPartial();
}
