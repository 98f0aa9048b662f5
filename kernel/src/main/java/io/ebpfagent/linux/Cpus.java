// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The machine's CPUs: the possible ones, by which per-CPU maps are sized, and those that are
 * online.
 */
public final class Cpus {
  private static final Path POSSIBLE = Path.of("/sys/devices/system/cpu/possible");
  private static final Path ONLINE = Path.of("/sys/devices/system/cpu/online");

  /** Larger than any kernel's limit; a list with larger numbers is invalid. */
  private static final int HIGHEST = 1 << 16;

  private static volatile int possible;

  private Cpus() {}

  /**
   * Returns the number of values of a row of a per-CPU map: one for each possible CPU, without gaps
   * even if the CPUs' numbers have some.
   *
   * @throws IllegalStateException when the number can't be read. A guess would not do: the kernel
   *     writes as many values as it has, whatever the size of the buffer.
   */
  public static int possible() {
    if (possible == 0) {
      possible = read(POSSIBLE).size();
    }
    return possible;
  }

  /**
   * Returns the numbers of the CPUs that are online now, ascending.
   *
   * @throws IllegalStateException when they can't be read
   */
  public static List<Integer> online() {
    return read(ONLINE);
  }

  static List<Integer> read(Path list) {
    try {
      return parse(Files.readString(list).strip());
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalStateException(
          "the number of CPUs is unknown: " + list + " can't be read: " + e.getMessage(), e);
    }
  }

  /**
   * Parses a list in the format of sysfs: {@code 0-3,8}.
   *
   * @throws IllegalArgumentException when it is not a list of numbers in ascending order, or empty
   */
  static List<Integer> parse(String list) {
    List<Integer> cpus = new ArrayList<>();
    int next = 0;
    for (String range : list.split(",", -1)) {
      int dash = range.indexOf('-');
      int first = number(list, range.substring(0, dash < 0 ? range.length() : dash));
      int last = number(list, range.substring(dash + 1));
      if (first < next || last < first) {
        throw new IllegalArgumentException("not a list of CPUs: \"" + list + '"');
      }
      for (int cpu = first; cpu <= last; cpu++) {
        cpus.add(cpu);
      }
      next = last + 1;
    }
    return cpus;
  }

  private static int number(String list, String text) {
    if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) >= HIGHEST) {
      throw new IllegalArgumentException("not a list of CPUs: \"" + list + '"');
    }
    return Integer.parseInt(text);
  }
}
