package io.ebpfagent.bpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process may do, for hints in errors. */
final class Privileges {
  private Privileges() {}

  /** {@code needs CAP_X}, and how to get it. */
  static String hint(String capabilities) {
    return "needs "
        + capabilities
        + (isRoot() ? ", which this container or host denies" : ": run as root");
  }

  private static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }
}
