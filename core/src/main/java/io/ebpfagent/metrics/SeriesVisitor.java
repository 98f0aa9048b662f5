// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import java.util.List;

/** Takes the series of a {@link ConfigMetric} as they are now; no two have the same labels. */
public interface SeriesVisitor {
  /**
   * A counter.
   *
   * @param labels the labels' values, in the metric's order
   * @param value an unsigned number
   */
  void counter(List<String> labels, long value);

  /**
   * A histogram.
   *
   * @param labels the labels' values, in the metric's order
   * @param bounds the buckets' upper bounds, ascending
   * @param counts of each bucket, not cumulative, as many as there are bounds
   * @param sum in the unit of the bounds
   */
  void histogram(List<String> labels, double[] bounds, long[] counts, double sum);
}
