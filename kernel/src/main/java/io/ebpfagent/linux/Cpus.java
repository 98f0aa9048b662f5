// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The machine's CPUs: those it may have, as per-CPU maps count them, and those that run. */
public final class Cpus {
  private static final Path POSSIBLE = Path.of("/sys/devices/system/cpu/possible");
  private static final Path ONLINE = Path.of("/sys/devices/system/cpu/online");

  private static volatile int possible;

  private Cpus() {}

  /**
   * How many CPUs the kernel may ever have: a per-CPU value has a slot for each, up to the highest
   * number.
   *
   * @throws IllegalStateException when the kernel does not tell. There is nothing to fall back to:
   *     the kernel writes as many values as it has, whatever the room.
   */
  public static int possible() {
    if (possible == 0) {
      possible = read(POSSIBLE).getLast() + 1;
    }
    return possible;
  }

  /** The numbers of the CPUs that run now, ascending. */
  public static List<Integer> online() {
    return read(ONLINE);
  }

  private static List<Integer> read(Path list) {
    try {
      return parse(Files.readString(list).strip());
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalStateException(list + " can't be read: " + e.getMessage(), e);
    }
  }

  /** A list as sysfs writes it: {@code 0-3,8}. */
  static List<Integer> parse(String list) {
    List<Integer> cpus = new ArrayList<>();
    for (String range : list.split(",", -1)) {
      int dash = range.indexOf('-');
      int first = Integer.parseInt(range.substring(0, dash < 0 ? range.length() : dash));
      int last = Integer.parseInt(range.substring(dash + 1));
      for (int cpu = first; cpu <= last; cpu++) {
        cpus.add(cpu);
      }
    }
    return cpus;
  }
}
