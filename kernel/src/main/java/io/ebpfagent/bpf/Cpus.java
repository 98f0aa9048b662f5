package io.ebpfagent.bpf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The machine's CPUs: those it may have, as per-CPU maps count them, and those that run. */
public final class Cpus {
  private static final Path ONLINE = Path.of("/sys/devices/system/cpu/online");

  private Cpus() {}

  /** How many CPUs the kernel may ever have: a per-CPU value has a slot for each. */
  public static int possible() {
    return Holder.POSSIBLE;
  }

  /** The numbers of the CPUs that run now, ascending. */
  static List<Integer> online() {
    try {
      return parse(Files.readString(ONLINE).strip());
    } catch (IOException | NumberFormatException e) {
      throw new IllegalStateException(ONLINE + " can't be read: " + e.getMessage(), e);
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

  private static final class Holder {
    static final int POSSIBLE = Math.max(1, Libbpf.Global.numPossibleCpus());
  }
}
