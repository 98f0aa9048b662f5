// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.config.Config;
import io.ebpfagent.linux.Capabilities;
import io.ebpfagent.linux.Capability;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The capabilities that configs need of the process that runs them. */
final class NeededCapabilities {
  private NeededCapabilities() {}

  /**
   * Returns the capabilities that the process lacks for these configs, a line each, with the
   * reason.
   *
   * @param symbolsHidden whether the kernel hides its symbols' addresses from this process; asked
   *     only when it matters, because the answer may take long
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
   * Returns the line about the names of kernel functions, if labels need them and this process
   * can't read them.
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

  /** Tells whether symbols are hidden. */
  @FunctionalInterface
  interface Symbols {
    boolean hidden();
  }

  private static String line(Capability capability, String consequence) {
    return capability + " is missing: " + consequence;
  }
}
