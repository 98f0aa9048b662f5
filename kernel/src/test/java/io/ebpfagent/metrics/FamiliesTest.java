package io.ebpfagent.metrics;

import static io.ebpfagent.NativeBytes.u32s;
import static io.ebpfagent.NativeBytes.u64s;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.attach.AttachedProgram;
import io.ebpfagent.bpf.BpfProgram;
import io.ebpfagent.config.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Families that configs share, and those that the engine has of its own. */
@KernelTest
final class FamiliesTest {
  private static final Path BPF_STATS = Path.of("/proc/sys/kernel/bpf_stats_enabled");
  private static final int RUNS = 1_000;

  private static Config config(String name, String yaml) {
    return TestObjects.config(name, "maps-only", yaml);
  }

  @Test
  void configsShareAFamilyWithTheFirstOnesHelp() throws Exception {
    String b = "labels: [{name: b, size: 16, decoders: [{name: hex}]}]";
    Config first = config("first", TestMetrics.counter("hash_u64", TestMetrics.PAIR));
    Config second =
        config("second", TestMetrics.counter("hash_u64", b).replace("A test's", "Another's"));
    for (TextFormat format : TextFormat.values()) {
      try (TestMetrics test = TestMetrics.of(first, second)) {
        test.put(0, "hash_u64", u64s(1, 2), 10);
        test.put(1, "hash_u64", u64s(0, 0), 20);
        assertThat(test.family(format, "hash_u64"))
            .containsExactly(
                "# HELP ebpf_exporter_hash_u64 A test's counter.",
                "# TYPE ebpf_exporter_hash_u64 "
                    + (format == TextFormat.PROMETHEUS ? "counter" : "unknown"),
                "ebpf_exporter_hash_u64{a=\"1\",b=\"2\"} 10",
                "ebpf_exporter_hash_u64{b=\"" + "00".repeat(16) + "\"} 20");
        assertThat(test.text(format).lines())
            .filteredOn(line -> line.startsWith("# HELP ebpf_exporter_hash_u64 "))
            .hasSize(1);
      }
    }
  }

  @Test
  void histogramsOfTwoConfigsAreOneFamily() throws Exception {
    String buckets = "bucket_type: %s\nbucket_min: 0\nbucket_max: 1\n";
    String labels =
        """
        labels:
          - {name: %s, size: 4, decoders: [{name: uint}]}
          - {name: bucket, size: 4, decoders: [{name: uint}]}
        """;
    Config first =
        config(
            "first",
            TestMetrics.histogram("hist_hash", buckets.formatted("exp2"), labels.formatted("a")));
    Config second =
        config(
            "second",
            TestMetrics.histogram("hist_hash", buckets.formatted("linear"), labels.formatted("b")));
    try (TestMetrics test = TestMetrics.of(first, second)) {
      test.put(0, "hist_hash", u32s(1, 1), 10);
      test.put(1, "hist_hash", u32s(1, 1), 20);
      assertThat(test.family(TextFormat.OPEN_METRICS, "hist_hash"))
          .containsExactly(
              "# HELP ebpf_exporter_hist_hash A test's histogram.",
              "# TYPE ebpf_exporter_hist_hash histogram",
              "ebpf_exporter_hist_hash_bucket{a=\"1\",le=\"1\"} 0",
              "ebpf_exporter_hist_hash_bucket{a=\"1\",le=\"2\"} 10",
              "ebpf_exporter_hist_hash_bucket{a=\"1\",le=\"+Inf\"} 10",
              "ebpf_exporter_hist_hash_sum{a=\"1\"} 0",
              "ebpf_exporter_hist_hash_count{a=\"1\"} 10",
              "ebpf_exporter_hist_hash_bucket{b=\"1\",le=\"0\"} 0",
              "ebpf_exporter_hist_hash_bucket{b=\"1\",le=\"1\"} 20",
              "ebpf_exporter_hist_hash_bucket{b=\"1\",le=\"+Inf\"} 20",
              "ebpf_exporter_hist_hash_sum{b=\"1\"} 0",
              "ebpf_exporter_hist_hash_count{b=\"1\"} 20");
    }
  }

  @Test
  void infoFamiliesTellOfConfigsAndPrograms() throws Exception {
    Config config =
        TestObjects.config("two", "two-programs", TestMetrics.counter("switches_total", ""));
    try (TestMetrics test = TestMetrics.of(List.of("two", "absent"), config)) {
      assertThat(test.samples("enabled_configs"))
          .containsExactly("enabled_configs{name=\"two\"} 1", "enabled_configs{name=\"absent\"} 1");
      assertThat(test.samples("config_attached"))
          .containsExactly("config_attached{name=\"two\"} 1", "config_attached{name=\"absent\"} 0");
      List<AttachedProgram> programs = test.configs().getFirst().programs();
      assertThat(programs).hasSize(2);
      for (AttachedProgram program : programs) {
        String name = program.program().name();
        // The kernel itself says what it has under this number.
        BpfProgram.Info info = program.program().info();
        assertThat(info.tag()).matches("[0-9a-f]{16}");
        assertThat(test.samples("ebpf_program_info"))
            .contains(
                "ebpf_program_info{config=\"two\",program=\"%s\",tag=\"%s\",id=\"%d\"} 1"
                    .formatted(name, info.tag(), info.id()));
        assertThat(test.samples("ebpf_program_attached"))
            .contains(
                "ebpf_program_attached{id=\"%d\"} %d"
                    .formatted(info.id(), name.equals("attaches") ? 1 : 0));
      }
      assertThat(test.samples("ebpf_program_info")).hasSize(2);
      assertThat(test.samples("ebpf_program_attached")).hasSize(2);
    }
  }

  /** This is the one test that changes a setting of the machine, and changes it back. */
  @Test
  void runStatisticsAreThereWhileTheKernelKeepsThem() throws Exception {
    Config config = TestObjects.config("runs", "ringbuf", TestMetrics.counter("released", ""));
    String before = Files.readAllLines(BPF_STATS).getFirst();
    try (TestMetrics test = TestMetrics.of(config)) {
      AttachedProgram discard =
          test.configs().getFirst().programs().stream()
              .filter(program -> program.program().name().equals("discard"))
              .findFirst()
              .orElseThrow();
      Files.writeString(BPF_STATS, "0");
      assertThat(test.family(TextFormat.PROMETHEUS, "ebpf_program_run_count_total")).isEmpty();
      assertThat(test.family(TextFormat.PROMETHEUS, "ebpf_program_run_time_seconds")).isEmpty();

      Files.writeString(BPF_STATS, "1");
      String id = "{id=\"" + discard.id() + "\"} ";
      double countBefore = value(test, "ebpf_program_run_count_total" + id);
      double secondsBefore = value(test, "ebpf_program_run_time_seconds" + id);
      long begin = System.nanoTime();
      for (int i = 0; i < RUNS; i++) {
        assertThat(discard.program().testRun(-1)).isZero();
      }
      double elapsed = (System.nanoTime() - begin) / 1e9;
      // Its tracepoint is hit now and then by the kernel's own threads.
      assertThat(value(test, "ebpf_program_run_count_total" + id) - countBefore)
          .isBetween((double) RUNS, RUNS + 100.0);
      assertThat(value(test, "ebpf_program_run_time_seconds" + id) - secondsBefore)
          .isPositive()
          .isLessThan(elapsed);
      assertThat(test.samples("ebpf_program_run_count_total"))
          .hasSameSizeAs(test.configs().getFirst().programs());
    } finally {
      Files.writeString(BPF_STATS, before);
    }
  }

  private static double value(TestMetrics test, String sample) {
    return test.samples(sample.substring(0, sample.indexOf('{'))).stream()
        .filter(line -> line.startsWith(sample))
        .mapToDouble(line -> Double.parseDouble(line.substring(sample.length())))
        .findFirst()
        .orElseThrow();
  }
}
