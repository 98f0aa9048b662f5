// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.mbean.ConfigStatus;
import io.ebpfagent.metrics.Metrics;
import io.ebpfagent.metrics.PinnedMetrics;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a daemon of this machine pinned: the same series, without a privilege. */
record PinnedSource(PinnedMetrics pinned) implements KernelSource {
  @Override
  public Metrics metrics() {
    return pinned.metrics();
  }

  /** Of programs nothing is known here. */
  @Override
  public List<ConfigStatus> configs() {
    Set<String> names = new TreeSet<>();
    metrics().perConfig().forEach(metric -> names.add(metric.config()));
    return names.stream().map(name -> new ConfigStatus(name, "", true, List.of())).toList();
  }

  /** Which configs there are, the daemon decides. */
  @Override
  public void replace(KernelSettings settings, ConfigSet configs) {}

  @Override
  public void close() {}
}
