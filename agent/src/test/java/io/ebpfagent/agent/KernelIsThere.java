// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What tests need of the machine: they fail without it where the run is one that must not skip. */
final class KernelIsThere {
  private KernelIsThere() {}

  static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Programs can be loaded. */
  static void needed() {
    needed(isRoot(), "not root");
    needed(Files.isReadable(Path.of("/sys/kernel/btf/vmlinux")), "no /sys/kernel/btf/vmlinux");
  }

  static void needed(boolean there, String what) {
    if ("1".equals(System.getenv("EBPFAGENT_REQUIRE_KERNEL"))) {
      assertThat(there).as(what).isTrue();
    } else {
      assumeTrue(there, what);
    }
  }
}
