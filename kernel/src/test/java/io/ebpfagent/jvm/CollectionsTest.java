// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.KernelTest;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Garbage collections and safepoints, held against what the JVM itself counts. */
@KernelTest
@Timeout(120)
final class CollectionsTest {
  private static final int FULL = 5;
  private static final int GARBAGE_MEGABYTES = 512;

  /** A JVM that watches itself while it collects. */
  static final class Child {
    private static volatile byte[] garbage = {};

    private Child() {}

    public static void main(String[] arguments) throws Exception {
      try (WatchedHost host = WatchedHost.watch("jvm-gc", "jvm-safepoints")) {
        Map<String, Long> collections = counts(host);
        long pausesBefore = pausesOfBeans();
        long observedBefore = host.observed("jvm_gc_pause_seconds", Map.of());
        long safepoints = safepoints() - observedSafepoints(host);
        for (int i = 0; i < GARBAGE_MEGABYTES; i++) {
          garbage = new byte[1 << 20];
        }
        for (int i = 0; i < FULL; i++) {
          System.gc();
        }
        assertThat(garbage).hasSize(1 << 20);
        // Some collectors count a cycle a moment after it let the program go on.
        WatchedHost.await(() -> counts(host).equals(collections));
        assertThat(counts(host)).isEqualTo(collections);
        WatchedHost.await(() -> safepoints() - observedSafepoints(host) == safepoints);
        assertThat(safepoints() - observedSafepoints(host)).isEqualTo(safepoints);
        // What ZGC's beans call pauses are none of the pools' collections, but pauses.
        long pauses = pausesOfBeans() - pausesBefore;
        if (pauses > 0) {
          assertThat(host.observed("jvm_gc_pause_seconds", Map.of()) - observedBefore)
              .isEqualTo(pauses);
        }
        for (String operation : host.values("jvm_gc_pause_seconds", "operation")) {
          System.out.println("operation " + operation);
        }
        System.out.println("pauses " + host.observed("jvm_gc_pause_seconds", Map.of()));
        System.out.println("full " + host.observed("jvm_gc_pause_seconds", Map.of("full", "true")));
        System.out.println("collections " + total(host));
        System.out.println("safepoints " + observedSafepoints(host));
        System.out.println(
            "millis %d of %.0f"
                .formatted(
                    beans().stream().mapToLong(GarbageCollectorMXBean::getCollectionTime).sum(),
                    1_000 * host.seconds("jvm_gc_collection_seconds", Map.of())));
        System.out.println("vm operations " + host.observed("jvm_vm_operation_seconds", Map.of()));
      }
    }

    private static List<GarbageCollectorMXBean> beans() {
      return ManagementFactory.getGarbageCollectorMXBeans();
    }

    /** By collector, what its bean counts more than the programs. */
    private static Map<String, Long> counts(WatchedHost host) {
      Map<String, Long> counts = new LinkedHashMap<>();
      for (GarbageCollectorMXBean bean : beans()) {
        if (bean.getName().endsWith("Pauses")) {
          continue;
        }
        long counted =
            host.observed("jvm_gc_collection_seconds", Map.of("collector", bean.getName()));
        counts.put(bean.getName(), bean.getCollectionCount() - counted);
      }
      return counts;
    }

    private static long pausesOfBeans() {
      return beans().stream()
          .filter(bean -> bean.getName().endsWith("Pauses"))
          .mapToLong(GarbageCollectorMXBean::getCollectionCount)
          .sum();
    }

    private static long total(WatchedHost host) {
      return host.observed("jvm_gc_collection_seconds", Map.of());
    }

    private static long observedSafepoints(WatchedHost host) {
      return host.observed("jvm_safepoint_seconds", Map.of());
    }

    /** The JVM's own count, which no public interface shows. */
    private static long safepoints() {
      try {
        Object bean =
            Class.forName("sun.management.ManagementFactoryHelper")
                .getMethod("getHotspotRuntimeMBean")
                .invoke(null);
        return (long)
            Class.forName("sun.management.HotspotRuntimeMBean")
                .getMethod("getSafepointCount")
                .invoke(bean);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SerialGC", "ParallelGC", "G1GC", "ZGC"})
  void areAsManyAsTheJvmCounts(String collector) throws Exception {
    List<String> options =
        List.of(
            "-XX:+Use" + collector,
            "-Xmx128m",
            "--add-exports=java.management/sun.management=ALL-UNNAMED");
    Process process = ChildJvm.start(List.of(), options, Child.class);
    try {
      process.getOutputStream().close();
      List<String> lines = new ArrayList<>(process.inputReader().lines().toList());
      assertThat(process.waitFor()).as(String.join("\n", lines)).isZero();
      // The JVM's own collections, and those that were asked for.
      assertThat(number(lines, "collections ")).isGreaterThan(FULL);
      assertThat(number(lines, "pauses ")).isGreaterThan(FULL);
      assertThat(number(lines, "safepoints ")).isGreaterThan(FULL);
      assertThat(lines)
          .anyMatch(line -> line.startsWith("operation "))
          .doesNotContain("operation ");
      // ZGC collects beside the program: its pauses are part of a collection, and none is full.
      assertThat(number(lines, "full ")).isEqualTo(collector.equals("ZGC") ? 0 : FULL);
    } finally {
      process.destroyForcibly();
    }
  }

  private static long number(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> Long.parseLong(line.substring(name.length())))
        .findFirst()
        .orElseThrow(() -> new AssertionError(String.join("\n", lines)));
  }
}
