// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.mbean.ConfigStatus;
import io.ebpfagent.metrics.ConfigMetric;
import io.ebpfagent.metrics.PinnedMetrics;
import io.ebpfagent.metrics.SeriesVisitor;
import io.ebpfagent.metrics.TextFormat;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/** What a daemon of this machine pinned: the same series, without a privilege. */
record PinnedSource(PinnedMetrics pinned) implements KernelSource {
  @Override
  public void write(OutputStream out, TextFormat format, Predicate<String> names)
      throws IOException {
    pinned.write(out, format, names);
  }

  @Override
  public MetricSnapshots collect(Predicate<String> names) {
    return pinned.collect(names);
  }

  @Override
  public List<ConfigMetric> perConfig() {
    return pinned.perConfig();
  }

  @Override
  public boolean visit(ConfigMetric metric, SeriesVisitor visitor) {
    return pinned.visit(metric, visitor);
  }

  /** Of programs nothing is known here. */
  @Override
  public List<ConfigStatus> configs() {
    Set<String> names = new TreeSet<>();
    perConfig().forEach(metric -> names.add(metric.config()));
    return names.stream().map(name -> new ConfigStatus(name, "", true, List.of())).toList();
  }

  /** Which configs there are, the daemon decides. */
  @Override
  public void replace(KernelSettings settings, ConfigSet configs) {}

  @Override
  public void close() {}
}
