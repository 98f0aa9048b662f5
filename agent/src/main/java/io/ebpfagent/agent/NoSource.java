// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.log.Log;
import io.ebpfagent.mbean.ConfigStatus;
import io.ebpfagent.metrics.Metrics;
import java.util.List;

/**
 * Nothing of the kernel.
 *
 * @param reason why
 * @param forNow whether it may be otherwise when it is tried again
 */
record NoSource(String reason, boolean forNow, Metrics metrics) implements KernelSource {
  NoSource(String reason, boolean forNow) {
    this(reason, forNow, new Metrics(List.of(), List.of(), List.of(), Log.NONE));
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
