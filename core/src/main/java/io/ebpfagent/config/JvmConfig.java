// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.List;

/**
 * A bundled config that can watch one JVM, which is the host. Its file and docs/JVM.md say what it
 * costs.
 *
 * @param name of the config
 * @param byDefault whether it is in the default set that watches a JVM
 * @param needsProbes whether it measures nothing if libjvm was built without USDT probes
 */
public record JvmConfig(String name, boolean byDefault, boolean needsProbes) {
  /** All of them. Configs with much overhead for frequent events are not in the default set. */
  public static final List<JvmConfig> ALL =
      List.of(
          new JvmConfig("jvm-gc", true, true),
          new JvmConfig("jvm-safepoints", true, true),
          new JvmConfig("jvm-offcpu", true, false),
          new JvmConfig("jvm-runqlat", true, false),
          new JvmConfig("jvm-disk", true, false),
          new JvmConfig("jvm-net", true, false),
          new JvmConfig("jvm-pagefaults", true, false),
          new JvmConfig("jvm-memory", true, false),
          new JvmConfig("jvm-compile", true, true),
          new JvmConfig("jvm-throttle", true, false),
          new JvmConfig("jvm-io", false, false),
          new JvmConfig("jvm-syscalls", false, false),
          new JvmConfig("jvm-threads", false, true));

  /** Returns the names of the default set. */
  public static List<String> defaultNames() {
    return ALL.stream().filter(JvmConfig::byDefault).map(JvmConfig::name).toList();
  }
}
