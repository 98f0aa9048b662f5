// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * A set of capabilities.
 *
 * @param mask bit N is the capability with the number N
 */
public record Capabilities(long mask) {
  public static final Capabilities NONE = new Capabilities(0);

  /**
   * The parts of CAP_SYS_ADMIN that the system call bpf needs; its other parts don't matter here.
   */
  private static final Set<Capability> PARTS_OF_SYS_ADMIN =
      EnumSet.of(Capability.CAP_BPF, Capability.CAP_PERFMON, Capability.CAP_NET_ADMIN);

  private static final Path SELF = Path.of("/proc/self/status");
  private static final Path BPF_RESTRICTED = Path.of("/proc/sys/kernel/unprivileged_bpf_disabled");

  public static Capabilities of(List<Capability> capabilities) {
    return new Capabilities(
        capabilities.stream().mapToLong(Capability::bit).reduce(0, (a, b) -> a | b));
  }

  /**
   * Returns the effective capabilities of this process; all capabilities when they can't be read
   * from /proc.
   */
  public static Capabilities effective() {
    try {
      return effective(Files.readAllLines(SELF, ISO_8859_1));
    } catch (IOException e) {
      return new Capabilities(-1);
    }
  }

  static Capabilities effective(List<String> status) {
    String field = "CapEff:";
    return status.stream()
        .filter(line -> line.startsWith(field))
        .map(line -> line.substring(field.length()).strip())
        .map(hex -> new Capabilities(Long.parseUnsignedLong(hex, 16)))
        .findFirst()
        .orElse(new Capabilities(-1));
  }

  public boolean has(Capability capability) {
    return (mask & capability.bit()) != 0;
  }

  /** Whether the set allows what a capability does; CAP_SYS_ADMIN includes its parts. */
  public boolean grant(Capability capability) {
    return has(capability)
        || (PARTS_OF_SYS_ADMIN.contains(capability) && has(Capability.CAP_SYS_ADMIN));
  }

  /** Returns the capabilities of this set that another lacks. */
  public Capabilities without(Capabilities other) {
    return new Capabilities(mask & ~other.mask);
  }

  /**
   * Drops all other capabilities on every thread of the process, for good. Of this set, the process
   * keeps those that it has. Programs that it starts get none, even as root; only if the process is
   * root without CAP_SETPCAP, they get those that are kept. They can't gain privileges by a file's
   * mode or capabilities, either (no_new_privs).
   *
   * @param library the library with the function that does it: the libbpf that comes with the jar
   * @throws KernelException when a thread still has others; the message says why
   */
  public void keepOnly(SharedLibrary library) throws KernelException {
    String operation = "drop capabilities";
    if (!has(Capability.CAP_BPF) && !has(Capability.CAP_SYS_ADMIN) && mapsNeedBpf()) {
      throw new KernelException(
          operation, 0, "kernels before 5.19 let maps be read only with CAP_BPF: keep cap_bpf");
    }
    // Capabilities belong to threads, and a JVM's can only be reached by a signal handler in C.
    // int ebpfagent_keep_capabilities(unsigned long long mask, int *silent_thread)
    NativeFunction keep = new NativeFunction(() -> library, "ebpfagent_keep_capabilities");
    if (!keep.exists()) {
      throw new KernelException(
          operation,
          0,
          library.path()
              + " can't, only the libbpf that comes with this jar can (it is absent when built with"
              + " BUILD_LIBBPF=0, and passed over when EBPF_AGENT_LIBBPF names another)");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment silent = arena.allocate(ValueLayout.JAVA_INT);
      int result = keep.asInt(mask, NativeFunction.address(silent));
      int thread = silent.get(ValueLayout.JAVA_INT, 0);
      if (result < 0) {
        throw new KernelException(
            operation, -result, thread == 0 ? "" : "thread " + thread + " does not answer");
      }
    }
  }

  private static boolean mapsNeedBpf() {
    return olderThan(System.getProperty("os.version", ""), 5, 19) && restricted();
  }

  /** Whether a kernel release such as {@code 6.1.0-41-amd64} is older than a version. */
  public static boolean olderThan(String release, int major, int minor) {
    String[] parts = release.split("[^0-9]+", 3);
    try {
      int itsMajor = Integer.parseInt(parts[0]);
      return itsMajor < major || (itsMajor == major && Integer.parseInt(parts[1]) < minor);
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return false;
    }
  }

  private static boolean restricted() {
    try {
      return !Files.readString(BPF_RESTRICTED).strip().equals("0");
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns text such as {@code CAP_PERFMON, CAP_BPF}; {@code none} for the empty set. */
  @Override
  public String toString() {
    if (mask == 0) {
      return "none";
    }
    int named = Capability.values().length;
    String names =
        Arrays.stream(Capability.values())
            .filter(this::has)
            .map(Capability::name)
            .collect(Collectors.joining(", "));
    String others =
        LongStream.range(named, Long.SIZE)
            .filter(number -> (mask >>> number & 1) != 0)
            .mapToObj(Long::toString)
            .collect(Collectors.joining(", "));
    return names.isEmpty() || others.isEmpty() ? names + others : names + ", " + others;
  }
}
