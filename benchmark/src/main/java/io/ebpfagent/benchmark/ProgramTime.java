// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** How long the programs of a process ran, on whatever thread, by the kernel's own statistics. */
final class ProgramTime implements AutoCloseable {
  private static final Path STATISTICS = Path.of("/proc/sys/kernel/bpf_stats_enabled");

  private final String before;

  private ProgramTime(String before) {
    this.before = before;
  }

  /** Has the kernel take the time, which makes each run of a program dearer, until it is closed. */
  static ProgramTime take() throws IOException {
    ProgramTime time = new ProgramTime(Files.readString(STATISTICS).strip());
    Files.writeString(STATISTICS, "1");
    return time;
  }

  /** Of all programs of a process, since they were loaded. */
  long nanos(long pid) throws IOException {
    Map<String, Long> byProgram = new HashMap<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fdinfo"))) {
      for (Path file : files) {
        Map<String, String> fields = fields(file);
        String id = fields.get("prog_id");
        String nanos = fields.get("run_time_ns");
        // A link to a program names it, too, and has no time.
        if (id != null && nanos != null) {
          byProgram.put(id, Long.parseLong(nanos));
        }
      }
    }
    return byProgram.values().stream().mapToLong(Long::longValue).sum();
  }

  private static Map<String, String> fields(Path file) throws IOException {
    Map<String, String> fields = new HashMap<>();
    try {
      for (String line : Files.readString(file).split("\n", -1)) {
        String[] parts = line.split(":\\s*", 2);
        if (parts.length == 2) {
          fields.put(parts[0], parts[1]);
        }
      }
    } catch (NoSuchFileException e) {
      // It is closed by now.
    }
    return fields;
  }

  @Override
  public void close() throws IOException {
    Files.writeString(STATISTICS, before);
  }
}
