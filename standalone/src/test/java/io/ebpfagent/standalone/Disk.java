// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Numbers of reads and writes that a disk completed, by the kernel's own count. */
record Disk(long reads, long writes) {
  static Disk now(String name) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/diskstats"))) {
      String[] fields = line.strip().split("\\s+", -1);
      if (fields[2].equals(name)) {
        return new Disk(Long.parseLong(fields[3]), Long.parseLong(fields[7]));
      }
    }
    throw new AssertionError("no disk " + name);
  }

  /**
   * Returns the disk that a folder is on; empty when it is on none, but in memory or on a network.
   */
  static String of(Path folder) throws IOException {
    long device = (Long) Files.getAttribute(folder, "unix:dev");
    // makedev(3): the minor's upper bits come after the major's
    long major = (device >>> 8) & 0xfff;
    long minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
    Path link = Path.of("/sys/dev/block/" + major + ":" + minor);
    if (!Files.exists(link)) {
      return "";
    }
    Path block = link.toRealPath();
    Path whole = Files.exists(block.resolve("partition")) ? block.resolve("..") : block;
    return whole.toRealPath().getFileName().toString();
  }

  /**
   * Writes and reads without any cache, {@code times} times each, with one request to the disk for
   * each.
   */
  static void writeAndRead(Path file, int times) throws IOException, InterruptedException {
    String size = "bs=4096 count=" + times + " status=none";
    String commands =
        "dd %s if=/dev/zero oflag=direct of=\"$0\" && dd %s of=/dev/null iflag=direct if=\"$0\""
            .formatted(size, size);
    try {
      Process dd = new ProcessBuilder("sh", "-c", commands, file.toString()).inheritIO().start();
      assertThat(dd.waitFor()).isZero();
    } finally {
      Files.deleteIfExists(file);
    }
  }
}
