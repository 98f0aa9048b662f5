// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import java.util.List;
import java.util.Map;

/** The agent itself. */
public interface ExporterMXBean {
  String getVersion();

  /** Where the metrics are served; empty for nowhere. */
  String getEndpoint();

  List<ConfigStatus> getConfigs();

  List<ProgramStatus> getPrograms();

  /** What got lost on its way from the kernel, by counter and labels. */
  Map<String, Long> getLostEvents();

  /** Rows whose labels could not be decoded, by config. */
  Map<String, Long> getDecoderErrors();

  /** The last thing that went wrong; empty for nothing. */
  String getLastError();

  /** How many series have an MBean. */
  int getSeries();

  /** How many have none, because there are more than {@code maxSeries}. */
  int getSeriesLeftOut();

  /** Reads the configuration again, and says what became of it. */
  String reload();
}
