// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.mbean.ConfigStatus;
import io.ebpfagent.metrics.ConfigMetric;
import io.ebpfagent.metrics.SeriesVisitor;
import io.ebpfagent.metrics.TextFormat;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.OutputStream;
import java.util.List;
import java.util.function.Predicate;

/**
 * Nothing of the kernel.
 *
 * @param reason why
 */
record NoSource(String reason) implements KernelSource {
  @Override
  public void write(OutputStream out, TextFormat format, Predicate<String> names) {}

  @Override
  public MetricSnapshots collect(Predicate<String> names) {
    return new MetricSnapshots();
  }

  @Override
  public List<ConfigMetric> perConfig() {
    return List.of();
  }

  @Override
  public boolean visit(ConfigMetric metric, SeriesVisitor visitor) {
    return false;
  }

  @Override
  public List<ConfigStatus> configs() {
    return List.of();
  }

  @Override
  public void replace(KernelSettings settings, ConfigSet configs) throws UnavailableException {
    throw new UnavailableException(reason);
  }

  @Override
  public void close() {}
}
