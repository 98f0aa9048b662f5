// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import io.ebpfagent.metrics.ConfigMetric;
import java.util.List;
import java.util.regex.Pattern;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/**
 * The MBeans' names, with their keys in the order of JConsole's tree: type, name, labels.
 *
 * @param domain of all
 */
record Names(String domain) {
  private static final Pattern QUOTED = Pattern.compile("[,=:\"*?\n\r]");
  private static final List<String> TAKEN = List.of("type", "name");

  /** {@code ebpf:type=Exporter}. */
  ObjectName exporter() {
    return name(new StringBuilder(domain).append(":type=Exporter"));
  }

  /** {@code ebpf:type=CONFIG,name=METRIC}, and the labels behind it. */
  ObjectName of(ConfigMetric metric, List<String> values) {
    StringBuilder name = new StringBuilder(domain);
    name.append(":type=").append(quoted(metric.config()));
    name.append(",name=").append(quoted(metric.name()));
    for (int i = 0; i < values.size(); i++) {
      String label = metric.labels().get(i);
      name.append(',').append(TAKEN.contains(label) ? label + "_" : label);
      name.append('=').append(quoted(values.get(i)));
    }
    return name(name);
  }

  private static String quoted(String value) {
    return QUOTED.matcher(value).find() ? ObjectName.quote(value) : value;
  }

  private static ObjectName name(StringBuilder text) {
    try {
      return new ObjectName(text.toString());
    } catch (MalformedObjectNameException e) {
      throw new IllegalArgumentException(text.toString(), e);
    }
  }
}
