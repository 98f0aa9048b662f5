// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.config.Problem;
import io.ebpfagent.mbean.MBeanSettings;
import java.util.List;
import java.util.Optional;

/**
 * The agent's configuration: a file of jmx_exporter's with one section of ours.
 *
 * @param text the file's; the JMX collector reads its rules by itself
 * @param jvmMetrics whether the JVM's own metrics are shown
 * @param warnings what of the file is ignored
 */
record AgentConfig(
    String text,
    KernelSettings kernel,
    MBeanSettings mbeans,
    EndpointSettings endpoint,
    boolean jvmMetrics,
    List<Problem> warnings) {
  static final AgentConfig USUAL =
      new AgentConfig(
          "",
          new KernelSettings(List.of(), Optional.empty(), false, Optional.empty(), false),
          MBeanSettings.USUAL,
          EndpointSettings.USUAL,
          true,
          List.of());

  AgentConfig {
    warnings = List.copyOf(warnings);
  }
}
