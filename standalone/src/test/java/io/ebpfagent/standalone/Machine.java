// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Properties of the machine under the tests. */
final class Machine {
  private Machine() {}

  /** Returns why this process can't load programs into the kernel; null when it can. */
  static @Nullable String lacking() {
    try {
      if (!Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
        return "not root";
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Files.isReadable(Path.of("/sys/kernel/btf/vmlinux"))
        ? null
        : "no /sys/kernel/btf/vmlinux";
  }

  /** Skips a test if something is missing, unless the run must not skip. */
  static void needs(boolean there, String what) {
    if ("1".equals(System.getenv("EBPFAGENT_REQUIRE_KERNEL"))) {
      assertThat(there).as(what).isTrue();
    } else {
      assumeTrue(there, what);
    }
  }

  /**
   * Returns the kernel's information about a process or a thread, by field.
   *
   * @param folder below /proc
   */
  static Map<String, String> status(Path folder) throws IOException {
    return Files.readAllLines(folder.resolve("status")).stream()
        .map(line -> line.split(":", 2))
        .collect(Collectors.toMap(field -> field[0], field -> field[1].strip()));
  }

  /** Returns a port on which nothing listens. */
  static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  /** Sends a process a signal by its name. */
  static void signal(long pid, String name) {
    try {
      // The shell's built-in is used, because a bare system lacks the package with the program
      // kill.
      Process kill = new ProcessBuilder("sh", "-c", "kill -%s %d".formatted(name, pid)).start();
      assertThat(kill.waitFor()).isZero();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
