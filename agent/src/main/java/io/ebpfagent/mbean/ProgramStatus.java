// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

/**
 * How a program in the kernel is. The getters are for JMX, which knew no records before Java 21.
 *
 * @param section where it attaches
 * @param id the kernel's number for it
 * @param tag hash of its instructions
 * @param failure why it isn't attached; empty when it is
 * @param runCount how often it ran, while kernel.bpf_stats_enabled is 1
 * @param runSeconds for how long it ran, while kernel.bpf_stats_enabled is 1
 */
public record ProgramStatus(
    String config,
    String name,
    String section,
    long id,
    String tag,
    boolean attached,
    String failure,
    long runCount,
    double runSeconds) {
  public String getConfig() {
    return config;
  }

  public String getName() {
    return name;
  }

  public String getSection() {
    return section;
  }

  public long getId() {
    return id;
  }

  public String getTag() {
    return tag;
  }

  public boolean isAttached() {
    return attached;
  }

  public String getFailure() {
    return failure;
  }

  public long getRunCount() {
    return runCount;
  }

  public double getRunSeconds() {
    return runSeconds;
  }
}
