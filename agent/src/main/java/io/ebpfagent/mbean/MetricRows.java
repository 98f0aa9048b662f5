// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import io.ebpfagent.metrics.ConfigMetric;
import io.ebpfagent.metrics.SeriesVisitor;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The series of a metric, read when somebody asks and kept for a moment. */
final class MetricRows {
  /** More are no use to anyone who looks at them by JMX. */
  static final int MOST = 10_000;

  /**
   * What was read.
   *
   * @param series by their labels' values
   * @param more how many there were besides
   */
  record Reading(Map<List<String>, Sample> series, int more) {}

  private static final Reading NONE = new Reading(Map.of(), 0);

  private final ConfigMetric metric;
  private final Supplier<KernelMetrics> kernel;
  private final long refreshNanos;

  // Guarded by this.
  private Reading last = NONE;
  private long readAt;
  private boolean read;

  MetricRows(ConfigMetric metric, Supplier<KernelMetrics> kernel, Duration refresh) {
    this.metric = metric;
    this.kernel = kernel;
    this.refreshNanos = refresh.toNanos();
  }

  /** Those that ask meanwhile wait for what one reads. */
  synchronized Reading read() {
    if (!read || System.nanoTime() - readAt >= refreshNanos) {
      Collected collected = new Collected();
      boolean there = visit(collected);
      last = new Reading(there ? collected.series : Map.of(), collected.more);
      readAt = System.nanoTime();
      read = true;
    }
    return last;
  }

  /**
   * Visits them as they are now.
   *
   * @return false if there is no such metric any more
   */
  boolean visit(SeriesVisitor visitor) {
    return kernel.get().metrics().visit(metric, visitor);
  }

  /** Keeps no longer what was read, once that is too old to be shown. */
  synchronized void forgetOld() {
    if (System.nanoTime() - readAt >= refreshNanos) {
      last = NONE;
      read = false;
    }
  }

  private static final class Collected implements SeriesVisitor {
    private final Map<List<String>, Sample> series = new LinkedHashMap<>();
    private int more;

    @Override
    public void counter(List<String> labels, long value) {
      add(labels, new Sample.Count(value));
    }

    @Override
    public void histogram(List<String> labels, double[] bounds, long[] counts, double sum) {
      add(labels, new Sample.Distribution(bounds, counts, sum));
    }

    private void add(List<String> labels, Sample sample) {
      if (series.size() < MOST) {
        series.put(labels, sample);
      } else {
        more++;
      }
    }
  }
}
