// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.List;

/**
 * A bundled config that can watch one JVM, which is the host.
 *
 * @param name of the config
 * @param byDefault whether it is in the default set that watches a JVM
 * @param needsProbes whether it measures nothing if libjvm was built without USDT probes
 * @param cost the measured overhead, and the event that causes it; docs/JVM.md explains how
 */
public record JvmConfig(String name, boolean byDefault, boolean needsProbes, String cost) {
  /** All of them. Configs with much overhead for frequent events are not in the default set. */
  public static final List<JvmConfig> ALL =
      List.of(
          new JvmConfig("jvm-gc", true, true, "20 µs a collection"),
          new JvmConfig("jvm-safepoints", true, true, "5 µs a safepoint or VM operation"),
          new JvmConfig("jvm-offcpu", true, false, "0.5 µs a switch"),
          new JvmConfig("jvm-runqlat", true, false, "0.2 µs a wake-up or switch"),
          new JvmConfig("jvm-io", true, false, "0.4 µs a file operation"),
          new JvmConfig("jvm-net", true, false, "0.25 µs a change of a connection's state"),
          new JvmConfig("jvm-pagefaults", true, false, "0.15 µs a page fault"),
          new JvmConfig("jvm-memory", true, false, "0.15 µs a page fault"),
          new JvmConfig("jvm-compile", true, true, "4 µs a compilation"),
          new JvmConfig("jvm-throttle", true, false, "0.3 µs a timer that expires"),
          new JvmConfig("jvm-syscalls", false, false, "0.2 µs a system call"),
          new JvmConfig("jvm-threads", false, true, "2 µs a park"));

  /** Returns the names of the default set. */
  public static List<String> defaultNames() {
    return ALL.stream().filter(JvmConfig::byDefault).map(JvmConfig::name).toList();
  }
}
