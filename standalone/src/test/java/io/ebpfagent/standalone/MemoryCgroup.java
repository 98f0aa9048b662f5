// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A cgroup that limits memory, of version 1 or 2, depending on the machine. */
final class MemoryCgroup implements AutoCloseable {
  private static final Path ROOT = Path.of("/sys/fs/cgroup");
  private static final Path ROOT_OF_VERSION_1 = ROOT.resolve("memory");

  private final Path path;
  private final boolean version1;

  private MemoryCgroup(Path path, boolean version1) {
    this.path = path;
    this.version1 = version1;
  }

  static MemoryCgroup make(String name, long bytes) throws IOException {
    boolean version1 = Files.isDirectory(ROOT_OF_VERSION_1);
    if (!version1) {
      Files.writeString(ROOT.resolve("cgroup.subtree_control"), "+memory");
    }
    MemoryCgroup cgroup =
        new MemoryCgroup(
            Files.createDirectory((version1 ? ROOT_OF_VERSION_1 : ROOT).resolve(name)), version1);
    cgroup.set(version1 ? "memory.limit_in_bytes" : "memory.max", Long.toString(bytes));
    if (!version1) {
      cgroup.set("memory.swap.max", "0");
    }
    return cgroup;
  }

  private void set(String file, String value) throws IOException {
    Files.writeString(path.resolve(file), value);
  }

  /** Returns the shell command that moves the shell in. */
  String enter() {
    return "echo $$ >" + path + "/cgroup.procs";
  }

  /** Returns how many of its processes the kernel killed for using too much memory. */
  long kills() throws IOException {
    return Files.readAllLines(path.resolve(version1 ? "memory.oom_control" : "memory.events"))
        .stream()
        .filter(line -> line.startsWith("oom_kill "))
        .mapToLong(line -> Long.parseLong(line.substring("oom_kill ".length())))
        .sum();
  }

  /** Removes the cgroup; it must have no processes any more. */
  @Override
  public void close() {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
