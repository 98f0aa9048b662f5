// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.log.Log;
import java.util.concurrent.ThreadFactory;

/**
 * Starts the engine in this process. Its one class is of a newer Java than this one, and is looked
 * for by its name.
 */
public interface EngineStarter {
  /**
   * Attaches the configs' programs.
   *
   * @throws UnavailableException when this process may not
   */
  KernelSource start(KernelSettings settings, ConfigSet configs, ThreadFactory threads, Log log)
      throws UnavailableException;
}
