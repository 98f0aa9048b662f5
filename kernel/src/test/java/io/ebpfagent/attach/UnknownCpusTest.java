// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.config.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests a system whose /sys does not tell how many values a row of a per-CPU map has. */
@KernelTest
final class UnknownCpusTest {
  /** Attaches a config with a per-CPU map, and a config without one whose object has such maps. */
  static final class Attaching {
    private Attaching() {}

    public static void main(String[] arguments) {
      for (String map : List.of("percpu_single", "small_total")) {
        Config config =
            TestObjects.config(
                "maps-only",
                "{metrics: {counters: [{name: %s, help: A test's counter}]}}".formatted(map));
        try (AttachedConfig attached = TestObjects.attacher(null).attach(config)) {
          System.out.println(attached.config().name() + " runs");
        } catch (AttachException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  @Test
  void onlyAConfigThatReadsPerCpuMapsIsRefused(@TempDir Path dir) throws Exception {
    Path empty = Files.createFile(dir.resolve("possible"));
    List<String> told =
        ChildJvm.run(
            ChildJvm.after("mount --bind " + empty + " /sys/devices/system/cpu/possible"),
            Attaching.class);

    assertThat(told)
        .containsExactly(
            "maps-only.yaml: metrics.counters[0].name: map percpu_single has a value for each CPU:"
                + " the number of CPUs is unknown: /sys/devices/system/cpu/possible can't be read:"
                + " not a list of CPUs: \"\"",
            "maps-only runs");
  }
}
