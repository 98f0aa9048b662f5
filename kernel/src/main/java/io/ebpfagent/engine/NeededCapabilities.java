// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.config.Config;
import io.ebpfagent.linux.Capabilities;
import io.ebpfagent.linux.Capability;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What configs want of the process that runs them. */
final class NeededCapabilities {
  private NeededCapabilities() {}

  /**
   * The capabilities that the process lacks for these configs, a line each, with what needs it.
   *
   * @param symbolsHidden whether the kernel hides its symbols' addresses from this process; asked
   *     only when it matters, for it may take long to say
   */
  static List<String> missing(List<Config> configs, Capabilities effective, Symbols symbolsHidden) {
    List<String> missing = new ArrayList<>();
    if (configs.isEmpty()) {
      return missing;
    }
    if (!effective.grant(Capability.CAP_BPF)) {
      missing.add(line(Capability.CAP_BPF, "maps and programs can't be loaded"));
    }
    if (!effective.grant(Capability.CAP_PERFMON)) {
      missing.add(line(Capability.CAP_PERFMON, "programs can't trace the kernel"));
    }
    symbols(configs, effective, symbolsHidden).ifPresent(missing::add);
    return missing;
  }

  /**
   * The line about names of kernel functions, where labels show some and this process sees none.
   */
  static Optional<String> symbols(
      List<Config> configs, Capabilities effective, Symbols symbolsHidden) {
    String names =
        configs.stream()
            .filter(Config::hasKernelAddresses)
            .map(Config::name)
            .collect(Collectors.joining(", "));
    return names.isEmpty() || effective.grant(Capability.CAP_SYSLOG) || !symbolsHidden.hidden()
        ? Optional.empty()
        : Optional.of(
            line(
                Capability.CAP_SYSLOG,
                "ksym and kstack labels are without the names of functions (" + names + ")"));
  }

  /** Asks whether symbols are hidden. */
  @FunctionalInterface
  interface Symbols {
    boolean hidden();
  }

  private static String line(Capability capability, String consequence) {
    return capability + " is missing: " + consequence;
  }
}
