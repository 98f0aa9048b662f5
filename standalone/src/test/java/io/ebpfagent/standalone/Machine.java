package io.ebpfagent.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What the machine under the tests is. */
final class Machine {
  private Machine() {}

  /** Why programs can't be loaded into its kernel by this process; null when they can. */
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
}
