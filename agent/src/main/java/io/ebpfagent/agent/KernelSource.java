// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.mbean.KernelMetrics;

/** What measures: something that runs, and can be made to run other configs. */
public interface KernelSource extends KernelMetrics, AutoCloseable {
  /**
   * Runs other configs instead.
   *
   * @throws UnavailableException when they can't all be run; then nothing has changed
   */
  void replace(KernelSettings settings, ConfigSet configs) throws UnavailableException;

  @Override
  void close();
}
