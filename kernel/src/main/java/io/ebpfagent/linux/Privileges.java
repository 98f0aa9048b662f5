// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Hints about missing privileges of this process, for error messages. */
public final class Privileges {
  private static final List<Path> TRACEFS =
      List.of(Path.of("/sys/kernel/tracing"), Path.of("/sys/kernel/debug/tracing"));

  private Privileges() {}

  /** Returns {@code needs CAP_X}, and how to get it. */
  public static String hint(String capability) {
    return hint(Capability.valueOf(capability));
  }

  public static String hint(Capability... needed) {
    return hint(Capabilities.effective(), needed);
  }

  static String hint(Capabilities effective, Capability... needed) {
    List<Capability> missing =
        Arrays.stream(needed).filter(capability -> !effective.grant(capability)).toList();
    return missing.isEmpty()
        ? "needs " + join(List.of(needed)) + ", which this container or host denies"
        : "needs " + join(missing) + ": run as root, or give it to the process";
  }

  public static boolean has(Capability... needed) {
    Capabilities effective = Capabilities.effective();
    return Arrays.stream(needed).allMatch(effective::grant);
  }

  /** Returns the capabilities that loading programs of these sections needs. */
  public static Capability[] toLoad(List<String> sections, String kernelRelease) {
    Set<Capability> needed = EnumSet.of(Capability.CAP_BPF, Capability.CAP_PERFMON);
    if (sections.stream().anyMatch(section -> section.matches("(xdp|tcx?)(/.*)?"))) {
      needed.add(Capability.CAP_NET_ADMIN);
    }
    if (Capabilities.olderThan(kernelRelease, 5, 11)) {
      // Before 5.11, maps count as locked memory, of which an ordinary process may have little.
      needed.add(Capability.CAP_SYS_RESOURCE);
    }
    return needed.toArray(Capability[]::new);
  }

  /**
   * Returns why a tracepoint's number can't be read from tracefs; empty when that is not the
   * problem.
   */
  public static String tracefsHint(String section) {
    if (!section.matches("(tracepoint|tp)/.*")
        || TRACEFS.stream().anyMatch(folder -> Files.isReadable(folder.resolve("events")))) {
      return "";
    }
    // Without permission to list it, the folder exists but its contents can't be seen.
    return TRACEFS.stream().anyMatch(folder -> Files.exists(folder) && !Files.isReadable(folder))
        ? "needs to read /sys/kernel/tracing: CAP_DAC_READ_SEARCH, or a group that may"
        : "tracefs is not there: mount -t tracefs tracefs /sys/kernel/tracing";
  }

  private static String join(List<Capability> capabilities) {
    return capabilities.stream().map(Capability::name).collect(Collectors.joining(" and "));
  }
}
