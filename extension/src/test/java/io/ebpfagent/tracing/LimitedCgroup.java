// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.opentest4j.TestAbortedException;

/** A cgroup with a limit, which a process is put into for a while. */
final class LimitedCgroup implements AutoCloseable {
  private static final String PROCESSES = "cgroup.procs";

  private final Path path;
  private final boolean version1;
  private final long pid;
  private final Path before;

  private LimitedCgroup(String controller, long pid) throws IOException {
    this.pid = pid;
    Optional<Path> older = mount("cgroup", controller);
    version1 = older.isPresent();
    Path mount =
        older
            .or(() -> mount("cgroup2", ""))
            .orElseThrow(() -> new TestAbortedException("no cgroups with quotas of " + controller));
    if (!version1) {
      assumeTrue(
          Files.readString(mount.resolve("cgroup.controllers")).contains(controller),
          "no controller " + controller);
      Files.writeString(mount.resolve("cgroup.subtree_control"), "+" + controller);
    }
    before = mount.resolve("./" + current(version1 ? controller : ""));
    path = Files.createDirectory(mount.resolve("ebpf-test-" + pid + "-" + controller));
  }

  /** 3 mount point, then, behind a dash: 0 type 2 options. */
  private static Optional<Path> mount(String type, String option) {
    List<String> lines;
    try {
      lines = Files.readAllLines(Path.of("/proc/self/mountinfo"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (String line : lines) {
      String[] parts = line.split(" - ", 2);
      String[] fields = parts[1].split(" ", 3);
      boolean has = option.isEmpty() || Arrays.asList(fields[2].split(",", -1)).contains(option);
      if (fields[0].equals(type) && has) {
        return Optional.of(Path.of(parts[0].split(" ", 6)[4]));
      }
    }
    return Optional.empty();
  }

  /** Where the process is: {@code NUMBER:CONTROLLERS:PATH}. */
  private String current(String controller) throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc/" + pid + "/cgroup"));
    return lines.stream()
        .map(line -> line.split(":", 3))
        .filter(parts -> Arrays.asList(parts[1].split(",", -1)).contains(controller))
        .map(parts -> parts[2])
        .findFirst()
        .orElse("/");
  }

  /** Lets a process have so much of each period of 100 ms. */
  static LimitedCgroup ofCpu(long pid, int micros) throws IOException {
    LimitedCgroup cgroup = new LimitedCgroup("cpu", pid);
    if (cgroup.version1) {
      cgroup.write("cpu.cfs_quota_us", Integer.toString(micros));
    } else {
      cgroup.write("cpu.max", micros + " 100000");
    }
    return cgroup.enter();
  }

  /** Lets a process have so much more memory than it has. */
  static LimitedCgroup ofMemory(long pid, long bytes) throws IOException {
    LimitedCgroup cgroup = new LimitedCgroup("memory", pid);
    cgroup.write(cgroup.version1 ? "memory.limit_in_bytes" : "memory.max", Long.toString(bytes));
    return cgroup.enter();
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(path.resolve(file), text);
  }

  private LimitedCgroup enter() throws IOException {
    write(PROCESSES, Long.toString(pid));
    return this;
  }

  @Override
  public void close() throws IOException {
    Files.writeString(before.resolve(PROCESSES), Long.toString(pid));
    Files.delete(path);
  }
}
