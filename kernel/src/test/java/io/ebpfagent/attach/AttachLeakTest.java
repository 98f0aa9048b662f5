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

/** Configs may come and go in a process that lives for months. */
@KernelTest
final class AttachLeakTest {
  private static final int WARM_UP = 200;
  private static final int CYCLES = 1000;

  /** The smallest object takes 23 KB when it is parsed and more when it is loaded. */
  private static final long KILOBYTES_MAY_GROW = CYCLES * 20;

  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }

  /** What the process has of memory, with the part of the Java heap for new objects in use. */
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
