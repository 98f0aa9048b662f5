// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

/** What the agent tells of itself. */
public interface AgentStatus {
  String version();

  /** Where the metrics are served; empty for nowhere. */
  String endpoint();

  /** The last thing that went wrong; empty for nothing. */
  String lastError();

  /** Reads the configuration again, and says what became of it. */
  String reload();
}
