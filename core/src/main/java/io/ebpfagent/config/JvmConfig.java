// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.List;

/**
 * A bundled config that can watch one JVM, which is the host.
 *
 * @param name of the config
 * @param byDefault whether it is in the set that watches a JVM without being asked for
 * @param needsProbes whether it measures nothing of a libjvm that was built without USDT probes
 * @param cost what it costs, and at what, as docs/JVM.md says how it was measured
 */
public record JvmConfig(String name, boolean byDefault, boolean needsProbes, String cost) {
  /** All there are. What costs much at a place that is reached often is not among the defaults. */
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

  /** The names of the set that watches a JVM by default. */
  public static List<String> defaultNames() {
    return ALL.stream().filter(JvmConfig::byDefault).map(JvmConfig::name).toList();
  }
}
