// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The examples with maps of cgroups, and processes in cgroups that come while they run. */
@ProductTest
class CgroupsIT {
  private static final String ADDRESS = "--web.listen-address=127.0.0.1:0";
  private static final int ROUNDS = 50;

  private Cgroup root;
  private Path service;
  private Path other;

  @BeforeEach
  void make() throws IOException {
    root = Cgroup.make("ebpf-it-" + ProcessHandle.current().pid());
    // The examples look for this path.
    service = Path.of(root.path(), "system.slice", "a.service");
    other = Path.of(root.path(), "user.slice");
  }

  @AfterEach
  void remove() {
    root.close();
  }

  /** Runs a shell in a cgroup that moves itself to the other CPU and back, {@code rounds} times. */
  private static void migrate(Path cgroup, int rounds) throws Exception {
    String moves =
        """
        echo $$ > %s/cgroup.procs
        i=0
        while [ $i -lt %d ]; do
          taskset -cp 0 $$ && taskset -cp 1 $$ || exit 1
          i=$((i + 1))
        done
        """
            .formatted(cgroup, rounds);
    assertThat(
            new ProcessBuilder("sh", "-c", moves)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
                .waitFor())
        .isZero();
  }

  /** Makes the cgroups, and compares the series of both with the moves of their processes. */
  private void assertCounts(ExporterProcess exporter, String prefix) throws Exception {
    Files.createDirectories(service);
    Files.createDirectories(other);
    String matched = "ebpf_exporter_" + prefix + "_sched_migrations_total";
    String unmatched = "ebpf_exporter_" + prefix + "_sched_migrations_not_match_total";
    Map<String, String> ofService = Map.of("cgroup", service.toString());
    Map<String, String> ofOther = Map.of("cgroup", other.toString());
    long deadline = System.nanoTime() + Product.MAY_TAKE.toNanos();
    // Some series may show a stand-in for the name until the path is known in all of them.
    Map<String, String> unknown =
        Map.of("cgroup", "unknown_cgroup_id:" + Files.getAttribute(service, "unix:ino"));
    Exposition before;
    do {
      migrate(service, 1);
      before = exporter.scrape();
    } while ((before.sum(matched, ofService) == 0 || before.sum(unmatched, unknown) != 0)
        && System.nanoTime() < deadline);

    migrate(service, ROUNDS);
    migrate(other, ROUNDS);
    Exposition after = exporter.scrape();
    // These are the shell's own moves; for the first, it may be on that CPU already. The moves of
    // its children are added.
    assertThat(after.sum(matched, ofService) - before.sum(matched, ofService))
        .isGreaterThanOrEqualTo(2 * ROUNDS - 1);
    assertThat(after.sum(unmatched, ofService)).isEqualTo(before.sum(unmatched, ofService));
    assertThat(after.sum(unmatched, ofOther)).isGreaterThanOrEqualTo(2 * ROUNDS - 1);
    assertThat(after.sum(matched, ofOther)).isZero();
  }

  @ParameterizedTest
  @Tag("vm")
  @CsvSource({
    "cgroup_id_map,              cgroup",
    "cgroup_id_map_cgrp_storage, cgroup_cgrp_storage",
  })
  void tellsServicesFromOthersAlsoWithoutCapabilities(String example, String prefix)
      throws Exception {
    try (ExporterProcess exporter =
        ExporterProcess.start("--config.names=" + example, "--capabilities.keep=none")) {
      assertThat(exporter.log()).noneMatch(line -> line.contains("cgroups: "));
      assertCounts(exporter, prefix);
      assertThat(exporter.scrape().samples("ebpf_exporter_cgroup_event_overflows_total"))
          .hasSize(1);
      exporter.stop();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "cgroup_id_map,              cgroup",
    "cgroup_id_map_cgrp_storage, cgroup_cgrp_storage",
  })
  void walksWhereTheKernelTellsItNothing(String example, String prefix) throws Exception {
    try (ExporterProcess exporter =
        ExporterProcess.start(
            UnprivilegedIT.process("bpf,perfmon", List.of(ADDRESS, "--config.names=" + example)))) {
      assertThat(exporter.log())
          .filteredOn(line -> line.contains("cgroups: "))
          .hasSize(2)
          .anyMatch(line -> line.contains("needs CAP_SYS_ADMIN") && line.contains("walked"))
          .anyMatch(line -> line.contains("needs CAP_DAC_READ_SEARCH"));
      assertCounts(exporter, prefix);
      assertThat(exporter.log()).filteredOn(line -> line.contains("cgroups: ")).hasSize(2);
      exporter.stop();
    }
  }

  @Test
  @Tag("vm")
  void namesACgroupThatIsGone() throws Exception {
    try (ExporterProcess exporter = ExporterProcess.start("--config.names=cgroup")) {
      Files.createDirectories(other);
      migrate(other, ROUNDS);
      Files.delete(other);
      assertThat(
              exporter
                  .scrape()
                  .sum(
                      "ebpf_exporter_cgroup_sched_migrations_total",
                      Map.of("cgroup", other.toString())))
          .isGreaterThanOrEqualTo(2 * ROUNDS - 1);
      exporter.stop();
    }
  }
}
