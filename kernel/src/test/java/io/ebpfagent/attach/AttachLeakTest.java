// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.config.Config;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Attaching and detaching must not leak in a process that runs for months. */
@KernelTest
final class AttachLeakTest {
  private static final int WARM_UP = 200;
  private static final int CYCLES = 1000;

  /**
   * Limit of the growth in KB: parsing the smallest object takes 23 KB, and loading it takes more.
   */
  private static final long KILOBYTES_MAY_GROW = CYCLES * 20;

  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }

  /**
   * Returns the resident memory of the process in KB, measured while the heap's part for new
   * objects is in use.
   */
  private static long residentKilobytes() throws IOException {
    long before = collections();
    long bytes = 0;
    while (collections() == before) {
      bytes += new byte[64 * 1024].length;
    }
    assertThat(bytes).isPositive();
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  private static void attachAndDetach(int times) throws AttachException {
    Attacher attacher = TestObjects.attacher(null);
    Config config =
        TestObjects.config(
            "globals",
            """
            metrics:
              counters: [{name: kaddr_seen_total, help: A test's counter}]
            """);
    for (int i = 0; i < times; i++) {
      try (AttachedConfig attached = attacher.attach(config)) {
        assertThat(attached.programs()).allMatch(AttachedProgram::attached);
      }
    }
  }

  @Test
  void attachingAndDetachingKeepsNothing() throws Exception {
    attachAndDetach(WARM_UP);
    int bpf = OpenDescriptors.count();
    int all = OpenDescriptors.targets().size();
    long resident = residentKilobytes();
    attachAndDetach(CYCLES);
    assertThat(OpenDescriptors.count()).isEqualTo(bpf);
    assertThat(OpenDescriptors.targets().size()).isLessThanOrEqualTo(all);
    assertThat(residentKilobytes() - resident).isLessThan(KILOBYTES_MAY_GROW);
  }
}
