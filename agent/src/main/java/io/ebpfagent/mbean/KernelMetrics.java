// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import io.ebpfagent.metrics.ConfigMetric;
import io.ebpfagent.metrics.SeriesVisitor;
import io.ebpfagent.metrics.TextFormat;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.function.Predicate;

/**
 * The kernel's metrics, wherever they come from: programs of this process, or what a daemon pinned.
 * Safe from many threads.
 */
public interface KernelMetrics {
  /**
   * Streams families as text, without OpenMetrics' end mark.
   *
   * @param names whether a family is wanted, by its name
   */
  void write(OutputStream out, TextFormat format, Predicate<String> names) throws IOException;

  /** Families as data. */
  MetricSnapshots collect(Predicate<String> names);

  /** The metrics of each config. */
  List<ConfigMetric> perConfig();

  /** Reads one of them; false where it isn't there any more. */
  boolean visit(ConfigMetric metric, SeriesVisitor visitor);

  /** How each config that was asked for is. */
  List<ConfigStatus> configs();
}
