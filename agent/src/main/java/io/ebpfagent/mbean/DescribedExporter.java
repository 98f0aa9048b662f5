// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import java.util.Map;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanOperationInfo;
import javax.management.StandardMBean;

/** The agent's MBean with words for what it shows. */
final class DescribedExporter extends StandardMBean {
  private static final Map<String, String> WORDS =
      Map.of(
          "Version", "The agent's version.",
          "Endpoint", "Where Prometheus finds the metrics; empty for nowhere.",
          "Configs", "The configs that were asked for, and how they are.",
          "Programs",
              "The programs in the kernel; they are counted while kernel.bpf_stats_enabled is 1.",
          "LostEvents", "What got lost on its way from the kernel.",
          "DecoderErrors", "Rows whose labels could not be decoded, by config.",
          "LastError", "The last thing that went wrong; empty for nothing.",
          "Series", "How many series have an MBean.",
          "SeriesLeftOut", "How many series have none, because there are more than maxSeries.",
          "reload", "Reads the configuration again, and says what became of it.");

  private DescribedExporter(Exporter exporter) {
    super(exporter, ExporterMXBean.class, true);
  }

  static DescribedExporter of(Exporter exporter) {
    return new DescribedExporter(exporter);
  }

  @Override
  protected String getDescription(MBeanInfo info) {
    return "The agent itself.";
  }

  @Override
  protected String getDescription(MBeanAttributeInfo info) {
    return WORDS.getOrDefault(info.getName(), info.getName());
  }

  @Override
  protected String getDescription(MBeanOperationInfo info) {
    return WORDS.getOrDefault(info.getName(), info.getName());
  }
}
