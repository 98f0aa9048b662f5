// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.bpf.BpfProgram;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.metrics.ConfigMetric;
import io.ebpfagent.metrics.SeriesVisitor;
import io.ebpfagent.metrics.TextFormat;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The engine's façade with real programs: metrics and state. */
@KernelTest
@Timeout(120)
final class EngineTest extends EngineTestCase {
  private static final Path BPF_STATS = Path.of("/proc/sys/kernel/bpf_stats_enabled");

  private static final int RUNS = 1_000;

  @Test
  void readsWhatConfigsMeasure() throws Exception {
    try (Engine engine = Engine.start(plan(config("one")).build())) {
      put(engine, "one", 1, 11);
      assertThat(samples(engine, "hash_u64")).containsExactly("hash_u64{a=\"1\",b=\"0\"} 11");
      ByteArrayOutputStream maps = new ByteArrayOutputStream();
      engine.writeMaps(maps);
      assertThat(maps.toString(StandardCharsets.UTF_8)).contains("# one hash_u64", "[1, 0] -> 11");
      assertThat(engine.configs())
          .extracting(ConfigState::name, ConfigState::runs, ConfigState::attached)
          .containsExactly(tuple("one", true, true));
    }
  }

  @Test
  void givesOneFamilyOrSome() throws Exception {
    try (Engine engine = Engine.start(plan(config("one"), switches("two")).build())) {
      put(engine, "one", 1, 11);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      engine.write(out, TextFormat.PROMETHEUS, "ebpf_exporter_hash_u64"::equals);
      assertThat(out.toString(StandardCharsets.UTF_8))
          .isEqualTo(
              """
              # HELP ebpf_exporter_hash_u64 A test's counter
              # TYPE ebpf_exporter_hash_u64 counter
              ebpf_exporter_hash_u64{a="1",b="0"} 11
              """);
      assertThat(engine.collect("ebpf_exporter_switches"::equals).stream())
          .singleElement()
          .isInstanceOf(CounterSnapshot.class);
      assertThat(engine.collect("ebpf_exporter_switches_total"::equals).size()).isEqualTo(1);
      assertThat(engine.collect(name -> false, null).size()).isZero();
    }
  }

  @Test
  void goesIntoARegistry() throws Exception {
    try (Engine engine = Engine.start(plan(config("one"), switches("two")).build())) {
      put(engine, "one", 1, 11);
      PrometheusRegistry registry = new PrometheusRegistry();
      registry.register(engine);
      assertThat(registry.scrape().size()).isEqualTo(engine.collect().size());
      assertThat(engine.getMetricFamilyDescriptors())
          .extracting(MetricFamilyDescriptor::getPrometheusName)
          .containsExactlyInAnyOrderElementsOf(
              engine.collect().stream()
                  .map(snapshot -> snapshot.getMetadata().getPrometheusName())
                  .toList());
      assertThat(engine.getMetricFamilyDescriptors().getFirst().getLabelNames())
          .containsExactlyInAnyOrder("a", "b");
    }
  }

  @Test
  void tellsOfConfigsAndPrograms() throws Exception {
    ConfigSet set = new ConfigSet(List.of("absent", "two"), List.of(switches("two")), List.of());
    try (Engine engine = Engine.start(plan().configs(set).build())) {
      assertThat(samples(engine, "enabled_configs"))
          .containsExactly("enabled_configs{name=\"absent\"} 1", "enabled_configs{name=\"two\"} 1");
      assertThat(samples(engine, "config_attached"))
          .containsExactly("config_attached{name=\"absent\"} 0", "config_attached{name=\"two\"} 1");
      for (var program : attached(engine, "two").programs()) {
        String name = program.program().name();
        // The kernel's own information about the program with this id.
        BpfProgram.Info info = program.program().info();
        assertThat(info.tag()).matches("[0-9a-f]{16}");
        assertThat(samples(engine, "ebpf_program_info"))
            .contains(
                "ebpf_program_info{config=\"two\",program=\"%s\",tag=\"%s\",id=\"%d\"} 1"
                    .formatted(name, info.tag(), info.id()));
        assertThat(samples(engine, "ebpf_program_attached"))
            .contains(
                "ebpf_program_attached{id=\"%d\"} %d"
                    .formatted(info.id(), name.equals("attaches") ? 1 : 0));
      }
      assertThat(samples(engine, "ebpf_program_info")).hasSize(2);
      assertThat(engine.configs().getFirst().failure()).contains("absent: its files can't be read");
      ProgramState missed = engine.configs().getLast().programs().getLast();
      assertThat(missed.attached()).isFalse();
      assertThat(missed.section()).isEqualTo("raw_tp/no_such_tracepoint");
      assertThat(missed.failure().orElseThrow()).contains("ENOENT");
      assertThat(samples(engine, "thread_failures_total")).allMatch(line -> line.endsWith(" 0"));
    }
  }

  @Test
  void aConfigWithoutAnAttachedProgramMeasuresNothing() throws Exception {
    ConfigState none =
        new ConfigState(
            "x",
            Optional.empty(),
            List.of(new ProgramState("p", "xdp/lo", 1, "", Optional.of("EBUSY"), 0, 0)));
    assertThat(none.runs()).isTrue();
    assertThat(none.attached()).isFalse();
  }

  /** This is the only test that changes a setting of the machine; it restores the setting. */
  @Test
  void runStatisticsAreThereWhileTheKernelKeepsThem() throws Exception {
    Config config =
        TestObjects.config(
            "runs", "ringbuf", "metrics: {counters: [{name: released, help: A test's}]}");
    String before = Files.readAllLines(BPF_STATS).getFirst();
    try (Engine engine = Engine.start(plan(config).build())) {
      BpfProgram discard =
          attached(engine, "runs").programs().stream()
              .map(program -> program.program())
              .filter(program -> program.name().equals("discard"))
              .findFirst()
              .orElseThrow();
      Files.writeString(BPF_STATS, "0");
      assertThat(samples(engine, "ebpf_program_run")).isEmpty();

      Files.writeString(BPF_STATS, "1");
      ProgramState first = state(engine, "discard");
      long begin = System.nanoTime();
      for (int i = 0; i < RUNS; i++) {
        assertThat(discard.testRun(-1)).isZero();
      }
      long elapsed = System.nanoTime() - begin;
      ProgramState second = state(engine, "discard");
      // The kernel's own threads also hit its tracepoint now and then.
      assertThat(second.runCount() - first.runCount()).isBetween((long) RUNS, RUNS + 100L);
      assertThat(second.runTimeNanos() - first.runTimeNanos()).isPositive().isLessThan(elapsed);
      assertThat(samples(engine, "ebpf_program_run_count_total"))
          .hasSameSizeAs(attached(engine, "runs").programs())
          .anyMatch(line -> line.startsWith("ebpf_program_run_count_total{id=\"" + first.id()));
      assertThat(samples(engine, "ebpf_program_run_time_seconds"))
          .hasSameSizeAs(attached(engine, "runs").programs());
    } finally {
      Files.writeString(BPF_STATS, before);
    }
  }

  private static ProgramState state(Engine engine, String program) {
    return engine.configs().getFirst().programs().stream()
        .filter(state -> state.name().equals(program))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void countsEventsAsTheyComeAndAccountsForAll() throws Exception {
    Config config =
        TestObjects.config(
            "events",
            """
            metrics:
              counters:
                - name: events_total
                  help: Events
                  perf_event_array: true
                  labels: [{name: number, size: 8, decoders: [{name: uint}]}]
            """);
    try (Engine engine = Engine.start(plan(config).build())) {
      BpfProgram emit =
          attached(engine, "events").programs().stream()
              .map(program -> program.program())
              .filter(program -> program.name().equals("emit"))
              .findFirst()
              .orElseThrow();
      long tried = 0;
      long emitted = 0;
      // Much more than fits in the buffers: without the thread this would not end.
      while (emitted < 500_000) {
        tried += 5_000;
        emitted += emit.testRun(1L << 32 | 5_000);
      }
      assertThat(samples(engine, "events_total"))
          .containsExactly("events_total{number=\"1\"} " + emitted);
      assertThat(samples(engine, "perf_event_array_lost_events_total"))
          .containsExactly(
              "perf_event_array_lost_events_total{config=\"events\",map=\"events_total\"} "
                  + (tried - emitted));
    }
  }

  @Test
  void loadsLibbpfAheadForThoseInAHurryAsOftenAsTheyLike() {
    Engine.prepare();
    Engine.prepare();
    try (Engine engine = Engine.start(plan(config("one")).build())) {
      assertThat(engine.configs()).allMatch(ConfigState::runs);
    }
  }

  @Test
  void readsOneMetricOfOneConfig() throws Exception {
    try (Engine engine = Engine.start(plan(config("one"), config("two")).build())) {
      put(engine, "two", 1, 11);
      ConfigMetric metric = engine.perConfig().getLast();
      assertThat(metric)
          .isEqualTo(
              new ConfigMetric("two", "hash_u64", "A test's counter", false, List.of("a", "b")));
      List<String> seen = new ArrayList<>();
      SeriesVisitor visitor =
          new SeriesVisitor() {
            @Override
            public void counter(List<String> labels, long value) {
              seen.add(labels + " " + value);
            }

            @Override
            public void histogram(List<String> labels, double[] bounds, long[] counts, double sum) {
              throw new AssertionError("a counter is no histogram");
            }
          };
      assertThat(engine.visit(metric, visitor)).isTrue();
      assertThat(seen).containsExactly("[1, 0] 11");
      assertThat(engine.visit(new ConfigMetric("none", "hash_u64", "", false, List.of()), visitor))
          .isFalse();
    }
  }
}
