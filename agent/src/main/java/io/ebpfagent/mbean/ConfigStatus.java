// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import java.util.List;

/**
 * How a config is. The getters are for JMX, which knew no records before Java 21.
 *
 * @param failure why it doesn't run; empty when it does
 * @param attached whether one at least of its programs is attached
 */
public record ConfigStatus(
    String name, String failure, boolean attached, List<ProgramStatus> programs) {
  public ConfigStatus {
    programs = List.copyOf(programs);
  }

  public String getName() {
    return name;
  }

  public String getFailure() {
    return failure;
  }

  public boolean isAttached() {
    return attached;
  }

  public List<ProgramStatus> getPrograms() {
    return programs;
  }
}
