// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Processes that exceed the memory limit of their cgroup. */
@GuestTest
class OomKillVM {
  private static final String KILLS = "ebpf_exporter_oom_kills_total";

  /** Command of a process with a buffer of the given size. */
  private static final String READ = "exec dd if=/dev/zero of=/dev/null count=1 bs=";

  @Test
  void killsAreCountedByCgroup() throws Exception {
    try (ExporterProcess exporter = ExporterProcess.start("--config.names=oomkill");
        Cgroup small = Cgroup.make("small");
        Cgroup smaller = Cgroup.make("smaller")) {
      small.set("memory.max", "32M");
      smaller.set("memory.max", "16M");
      assertThat(small.start(READ + "8M").waitFor()).isZero();
      small.startAndSeeKilled(READ + "64M");
      small.startAndSeeKilled(READ + "64M");
      smaller.startAndSeeKilled(READ + "64M");

      Exposition metrics = exporter.scrapeUntil(each -> each.sum(KILLS, Map.of()) >= 3);
      for (Cgroup cgroup : new Cgroup[] {small, smaller}) {
        assertThat(metrics.sum(KILLS, Map.of("cgroup_path", cgroup.path())))
            .isEqualTo((double) cgroup.figure("memory.events", "oom_kill"));
      }
      assertThat(metrics.sum(KILLS, Map.of("cgroup_path", small.path()))).isEqualTo(2);
      assertThat(metrics.samples(KILLS)).hasSize(2);
      exporter.stop();
    }
  }
}
