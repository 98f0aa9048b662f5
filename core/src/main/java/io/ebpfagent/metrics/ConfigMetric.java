// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import java.util.List;

/**
 * A metric of one config, as those see it who read metrics one by one.
 *
 * @param config the config's name
 * @param name as the config has it, without {@code ebpf_exporter_}
 * @param help what it says
 * @param histogram whether its series are histograms, else they are counters
 * @param labels the names of the labels that tell its series apart, in the config's order
 */
public record ConfigMetric(
    String config, String name, String help, boolean histogram, List<String> labels) {
  public ConfigMetric {
    labels = List.copyOf(labels);
  }
}
