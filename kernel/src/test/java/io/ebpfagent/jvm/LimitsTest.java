// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.KernelTest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What memory and CPU time cost a process, held against the kernel's own figures. */
@KernelTest
@Timeout(120)
final class LimitsTest {
  private static final int PAGE = 4096;
  private static final int PAGES = 16_384;

  @TempDir Path dir;

  @Test
  void pageFaultsAreAsManyAsTheKernelCounts() throws Exception {
    Path file = dir.resolve("sparse");
    try (FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        Arena arena = Arena.ofConfined()) {
      MemorySegment memory =
          channel.map(FileChannel.MapMode.READ_WRITE, 0, (long) PAGES * PAGE, arena);
      try (WatchedHost host = WatchedHost.watch("jvm-pagefaults")) {
        long outer = faults();
        long before = host.counted("jvm_page_faults_total", Map.of());
        long writes = host.counted("jvm_page_faults_total", Map.of("access", "write"));
        long inner = faults();
        for (long page = 0; page < PAGES; page++) {
          memory.set(ValueLayout.JAVA_BYTE, page * PAGE, (byte) 1);
        }
        inner = faults() - inner;
        long counted = host.counted("jvm_page_faults_total", Map.of()) - before;
        outer = faults() - outer;
        // One fault may bring several pages. The kernel counts one once, even if it is tried again.
        assertThat(inner).isGreaterThan(PAGES / 32);
        assertThat(counted).isBetween(inner, (long) (outer * 1.1));
        assertThat(host.counted("jvm_page_faults_total", Map.of("access", "write")) - writes)
            .isGreaterThan(PAGES / 32);
      }
    }
  }

  /** Minor and major faults of this process: the tenth and the twelfth field. */
  private static long faults() throws IOException {
    String stat = Files.readString(Path.of("/proc/self/stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return Long.parseLong(fields[7]) + Long.parseLong(fields[9]);
  }

  @Test
  void memoryGrowsAndThePageCacheMisses() throws Exception {
    try (WatchedHost host = WatchedHost.watch("jvm-memory");
        Arena arena = Arena.ofConfined()) {
      Map<String, String> anonymous = Map.of("kind", "anonymous");
      long before = host.counted("jvm_rss_growth_pages_total", anonymous);
      arena.allocate((long) PAGES * PAGE, PAGE).fill((byte) 1);
      long grown = host.counted("jvm_rss_growth_pages_total", anonymous) - before;
      assertThat((double) grown).isBetween(PAGES * 0.9, PAGES * 2.0);
      long misses = host.counted("jvm_page_cache_misses_total", Map.of());
      Files.write(dir.resolve("new"), new byte[64 * PAGE]);
      assertThat(host.counted("jvm_page_cache_misses_total", Map.of()) - misses).isPositive();
    }
  }

  /** A JVM that has a cgroup of its own. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      Path cgroup = Path.of(arguments[0]);
      switch (arguments[1]) {
        case "throttle" -> throttle(cgroup);
        case "memory" -> memory(cgroup, Path.of(arguments[2]));
        default -> throw new IllegalArgumentException(arguments[1]);
      }
    }

    private static void throttle(Path cgroup) throws Exception {
      try (WatchedHost host = WatchedHost.watch("jvm-throttle")) {
        Map<String, String> labels = Map.of("cgroup", cgroup.toString());
        // What was before the first period that the programs see is not theirs.
        WatchedHost.await(() -> host.counted("jvm_cpu_periods_total", labels) > 0);
        double offset = throttledSeconds(cgroup) - host.seconds("jvm_throttled_seconds", labels);
        long periods =
            figure(cgroup, "nr_throttled") - host.counted("jvm_throttled_periods_total", labels);
        WatchedHost.await(() -> host.seconds("jvm_throttled_seconds", labels) > 1);
        assertThat(host.seconds("jvm_throttled_seconds", labels)).isGreaterThan(1);
        assertThat(host.seconds("jvm_throttled_seconds", labels))
            .isCloseTo(throttledSeconds(cgroup) - offset, within(0.4));
        assertThat(host.counted("jvm_throttled_periods_total", labels))
            .isBetween(5L, figure(cgroup, "nr_throttled") - periods + 1);
        assertThat(host.values("jvm_throttled_seconds", "cgroup"))
            .contains(cgroup.toString())
            .allMatch(path -> cgroup.toString().startsWith(path));
      }
    }

    private static void memory(Path cgroup, Path file) throws Exception {
      try (WatchedHost host = WatchedHost.watch("jvm-memory")) {
        byte[] megabyte = new byte[1 << 20];
        try (FileChannel out =
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
          for (int i = 0; i < 400; i++) {
            out.write(ByteBuffer.wrap(megabyte));
          }
        }
        Map<String, String> stalls = Map.of("limit", "cgroup");
        assertThat(host.observed("jvm_reclaim_stall_seconds", stalls)).isPositive();
        assertThat(host.counted("jvm_oom_kills_total", Map.of())).isZero();
        Path below = cgroup.resolve("below");
        Process victim =
            new ProcessBuilder(
                    "sh", "-c", "echo 0 > " + below + "/cgroup.procs; exec tail /dev/zero")
                .start();
        assertThat(victim.waitFor()).isEqualTo(128 + 9);
        Map<String, String> there = Map.of("cgroup", below.toString());
        WatchedHost.await(() -> host.counted("jvm_oom_kills_total", there) > 0);
        assertThat(host.counted("jvm_oom_kills_total", there)).isEqualTo(1);
        assertThat(host.counted("jvm_oom_kills_total", Map.of())).isEqualTo(1);
      }
    }

    private static double throttledSeconds(Path cgroup) throws IOException {
      boolean first = Files.exists(cgroup.resolve("cpu.cfs_quota_us"));
      return first
          ? figure(cgroup, "throttled_time") / 1e9
          : figure(cgroup, "throttled_usec") / 1e6;
    }

    private static long figure(Path cgroup, String name) throws IOException {
      try (Stream<String> lines = Files.lines(cgroup.resolve("cpu.stat"))) {
        return lines
            .filter(line -> line.startsWith(name + " "))
            .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
            .sum();
      }
    }
  }

  /** A cgroup that a controller of either version knows. */
  private static Path cgroup(String controller, String name) throws IOException {
    Path first = Path.of("/sys/fs/cgroup", controller);
    Path parent = Files.isDirectory(first) ? first : Path.of("/sys/fs/cgroup");
    if (!parent.equals(first)) {
      Files.writeString(parent.resolve("cgroup.subtree_control"), "+" + controller);
    }
    return Files.createDirectories(parent.resolve(name));
  }

  private static void set(Path cgroup, String first, String second, String value, String value2)
      throws IOException {
    Path file = cgroup.resolve(first);
    Files.writeString(
        Files.exists(file) ? file : cgroup.resolve(second), Files.exists(file) ? value : value2);
  }

  private static void run(Path cgroup, String... arguments) throws Exception {
    String script = "echo 0 > %s/cgroup.procs; exec \"$0\" \"$@\"".formatted(cgroup);
    ChildJvm.run(List.of("sh", "-c", script), Child.class, arguments);
  }

  @Test
  void timeHeldBackIsWhatTheKernelSays() throws Exception {
    Path cgroup = cgroup("cpu", "ebpf-jvm-throttle-" + ProcessHandle.current().pid());
    try {
      set(cgroup, "cpu.cfs_quota_us", "cpu.max", "50000", "50000 100000");
      run(cgroup, cgroup.toString(), "throttle");
    } finally {
      Files.delete(cgroup);
    }
  }

  @Test
  void memoryHasToBeFreedAndProcessesAreKilled() throws Exception {
    Path cgroup = cgroup("memory", "ebpf-jvm-memory-" + ProcessHandle.current().pid());
    Path below = Files.createDirectories(cgroup.resolve("below"));
    try {
      set(cgroup, "memory.limit_in_bytes", "memory.max", "300M", "300M");
      set(below, "memory.limit_in_bytes", "memory.max", "20M", "20M");
      Path file = Files.createTempFile(Path.of("/var/tmp"), "ebpf-jvm-memory", ".data");
      try {
        run(cgroup, cgroup.toString(), "memory", file.toString());
      } finally {
        Files.delete(file);
      }
    } finally {
      Files.delete(below);
      Files.delete(cgroup);
    }
  }
}
