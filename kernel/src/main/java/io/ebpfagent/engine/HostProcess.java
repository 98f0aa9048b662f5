// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfObject;
import io.ebpfagent.bpf.BpfProgram;
import io.ebpfagent.bpf.OpenBpfObject;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A process as the kernel sees it, for programs that watch only that process.
 *
 * @param pid its process id in its own pid namespace
 * @param tgid its process id in the initial pid namespace, which programs use
 * @param cgroup its cgroup of version 2, as the inode of its folder
 * @param memoryCgroup the cgroup that limits its memory, of either version; 0 where none does
 * @param cpuCgroups the cgroup that limits its CPU time, of either version, and those above it
 * @param libjvm its JVM's library; empty when there is none that can be read
 */
public record HostProcess(
    int pid,
    int tgid,
    long cgroup,
    long memoryCgroup,
    List<Long> cpuCgroups,
    Optional<Libjvm> libjvm) {
  private static final String OBJECT = "host.bpf.o";

  /** Limit of the number of {@link #cpuCgroups} in a program. */
  static final int MOST_LEVELS = 16;

  // The questions that the program answers.
  private static final int TGID = 0;
  private static final int CGROUP = 1;
  private static final int MEMORY_CGROUP = 2;
  private static final int CPU_CGROUP = 3;
  private static final int CPU_QUOTA = 4;

  public HostProcess {
    cpuCgroups = List.copyOf(cpuCgroups);
  }

  /**
   * Returns this process. A program in the kernel finds the ids, because system calls return those
   * of the process's own namespaces.
   *
   * @throws BpfException when the kernel doesn't let this process run a program
   */
  public static HostProcess current(Log log) throws BpfException {
    try (OpenBpfObject open = OpenBpfObject.open(OBJECT, object(), null, log);
        BpfObject object = open.load()) {
      BpfProgram program = object.programs().getFirst();
      List<Long> cpuCgroups = new ArrayList<>();
      for (int above = 0; above < MOST_LEVELS; above++) {
        long id = ask(program, CPU_CGROUP, above);
        // The scheduler also makes groups that are not cgroups.
        if (id != 0) {
          cpuCgroups.add(id);
        }
      }
      return new HostProcess(
          Math.toIntExact(ProcessHandle.current().pid()),
          program.testRun(TGID, 0, 0),
          ask(program, CGROUP, 0),
          ask(program, MEMORY_CGROUP, 0),
          cpuCgroups,
          Libjvm.current(log));
    }
  }

  /**
   * Whether this process can be held back by a quota of CPU time: of its cgroup, or of one above
   * it, even where it can't see that.
   *
   * @throws BpfException when the kernel doesn't let this process run a program
   */
  public static boolean hasCpuQuota(Log log) throws BpfException {
    try (OpenBpfObject open = OpenBpfObject.open(OBJECT, object(), null, log);
        BpfObject object = open.load()) {
      return object.programs().getFirst().testRun(CPU_QUOTA, 0, 0) != 0;
    }
  }

  /** A program only returns 32 bits, so a 64-bit answer takes two runs. */
  private static long ask(BpfProgram program, int question, int above) throws BpfException {
    long low = Integer.toUnsignedLong(program.testRun(question, above, 0));
    long high = program.testRun(question, above, 32);
    return high << 32 | low;
  }

  private static byte[] object() {
    try (InputStream in = HostProcess.class.getResourceAsStream("/bpf/" + OBJECT)) {
      if (in == null) {
        throw new IllegalStateException(OBJECT + " is missing from the jar: make build");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
