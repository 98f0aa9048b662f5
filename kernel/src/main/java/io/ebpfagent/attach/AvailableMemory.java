// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The machine's available memory, as /proc/meminfo estimates it. */
final class AvailableMemory {
  private static final Path MEMINFO = Path.of("/proc/meminfo");

  private AvailableMemory() {}

  /** Returns MemAvailable in bytes; {@link Long#MAX_VALUE} when it can't be read. */
  static long bytes() {
    try {
      for (String line : Files.readAllLines(MEMINFO)) {
        if (line.startsWith("MemAvailable:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
    } catch (IOException | NumberFormatException e) {
      return Long.MAX_VALUE;
    }
    return Long.MAX_VALUE;
  }
}
