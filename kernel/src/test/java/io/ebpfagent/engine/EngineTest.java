// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static io.ebpfagent.NativeBytes.u64s;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.ebpfagent.KernelTest;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfProgram;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.config.ObjectSource;
import io.ebpfagent.metrics.TextFormat;
import io.ebpfagent.rows.RowCursor;
import io.ebpfagent.rows.RowSource;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The façade, over real programs. */
@KernelTest
@Timeout(120)
final class EngineTest {
  private static final Path BPF_STATS = Path.of("/proc/sys/kernel/bpf_stats_enabled");
  private static final int RUNS = 1_000;

  private static final String PAIR =
      """
      metrics:
        counters:
          - name: hash_u64
            help: A test's counter
            labels:
              - {name: a, size: 8, decoders: [{name: uint}]}
              - {name: b, size: 8, decoders: [{name: uint}]}
      """;

  private static final String SWITCHES =
      """
      metrics:
        counters: [{name: switches_total, help: Switches}]
      """;

  private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
  private int descriptorsBefore;

  @BeforeEach
  void count() {
    // libbpf, loaded once a process, keeps a descriptor.
    Engine.start(plan(config("warm-up")).build()).close();
    lines.clear();
    descriptorsBefore = OpenDescriptors.count();
  }

  @AfterEach
  void nothingIsLeft() {
    assertThat(OpenDescriptors.count()).isEqualTo(descriptorsBefore);
    assertThat(
            Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("ebpf-events") || name.equals("ebpf-spans")))
        .isEmpty();
  }

  private static Config config(String name) {
    return TestObjects.config(name, "maps-only", PAIR);
  }

  private static Config switches(String name) {
    return TestObjects.config(name, "two-programs", SWITCHES);
  }

  private EnginePlan.Builder plan(Config... configs) {
    EnginePlan.Builder plan =
        EnginePlan.builder().log((level, message, thrown) -> lines.add(level + " " + message));
    for (Config config : configs) {
      plan.config(config);
    }
    return plan;
  }

  private static AttachedConfig attached(Engine engine, String name) {
    return Optional.ofNullable(engine.running().configs().get(name)).orElseThrow().attached();
  }

  private static void put(Engine engine, String config, long a, long value) throws BpfException {
    attached(engine, config).map("hash_u64").update(u64s(a, 0), u64s(value));
  }

  private static String text(Engine engine) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    engine.write(out, TextFormat.PROMETHEUS);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static List<String> samples(Engine engine, String family) throws IOException {
    return text(engine)
        .lines()
        .filter(line -> line.startsWith("ebpf_exporter_" + family))
        .map(line -> line.substring("ebpf_exporter_".length()))
        .toList();
  }

  /** A config with another's object, whatever that throws. */
  private static Config withObject(Config config, ObjectSource object) {
    return new Config(
        config.name(),
        config.yaml(),
        config.text(),
        object,
        config.metrics(),
        config.spans(),
        config.kaddrs(),
        config.cgroupIdMap(),
        config.warnings());
  }

  private static ObjectSource throwing(Throwable thrown) {
    return new ObjectSource() {
      @Override
      public String name() {
        return "throwing.bpf.o";
      }

      @Override
      public InputStream open() throws IOException {
        if (thrown instanceof Error error) {
          throw error;
        }
        throw (RuntimeException) thrown;
      }
    };
  }

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
          .containsExactlyElementsOf(
              engine.collect().stream()
                  .map(snapshot -> snapshot.getMetadata().getPrometheusName())
                  .toList()
                  .stream()
                  .sorted(
                      (a, b) -> Integer.compare(names(engine).indexOf(a), names(engine).indexOf(b)))
                  .toList());
      assertThat(engine.getMetricFamilyDescriptors().getFirst().getLabelNames())
          .containsExactlyInAnyOrder("a", "b");
    }
  }

  private static List<String> names(Engine engine) {
    return engine.getMetricFamilyDescriptors().stream()
        .map(MetricFamilyDescriptor::getPrometheusName)
        .toList();
  }

  @Test
  void tellsOfConfigsAndPrograms() throws Exception {
    EnginePlan plan = plan(switches("two")).names(List.of("absent", "two")).build();
    try (Engine engine = Engine.start(plan)) {
      assertThat(samples(engine, "enabled_configs"))
          .containsExactly("enabled_configs{name=\"absent\"} 1", "enabled_configs{name=\"two\"} 1");
      assertThat(samples(engine, "config_attached"))
          .containsExactly("config_attached{name=\"absent\"} 0", "config_attached{name=\"two\"} 1");
      for (var program : attached(engine, "two").programs()) {
        String name = program.program().name();
        // The kernel itself says what it has under this number.
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

  /** This is the one test that changes a setting of the machine, and changes it back. */
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
      // Its tracepoint is hit now and then by the kernel's own threads.
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
  void whateverOneConfigThrowsIsThatConfigsFailure() throws Exception {
    List<Throwable> throwables =
        List.of(
            new IllegalStateException("broken"),
            new OutOfMemoryError("a test's"),
            new UnsatisfiedLinkError("no usable libbpf"),
            new NoClassDefFoundError("io/ebpfagent/bpf/Nothing"));
    for (Throwable thrown : throwables) {
      lines.clear();
      int before = OpenDescriptors.count();
      Config bad = withObject(config("bad"), throwing(thrown));
      EnginePlan plan = plan(switches("first"), bad, config("last")).build();
      try (Engine engine = Engine.start(plan)) {
        assertThat(engine.configs())
            .extracting(ConfigState::name, ConfigState::runs)
            .containsExactly(tuple("first", true), tuple("bad", false), tuple("last", true));
        assertThat(engine.configs().get(1).failure().orElseThrow())
            .startsWith("bad: ")
            .contains(String.valueOf(thrown.getMessage()));
        assertThat(lines)
            .filteredOn(line -> line.startsWith("ERROR"))
            .singleElement()
            .asString()
            .contains("bad: ");
        put(engine, "last", 5, 6);
        assertThat(samples(engine, "hash_u64")).containsExactly("hash_u64{a=\"5\",b=\"0\"} 6");
        assertThat(samples(engine, "config_attached")).contains("config_attached{name=\"bad\"} 0");
      }
      assertThat(OpenDescriptors.count()).isEqualTo(before);
    }
  }

  @Test
  void anObjectThatTheVerifierRefusesIsSaidLineByLine() {
    Config rejected =
        TestObjects.config(
            "rejected", "metrics: {counters: [{name: rejected_total, help: A test's}]}");
    try (Engine engine = Engine.start(plan(rejected).build())) {
      assertThat(engine.configs().getFirst().failure().orElseThrow())
          .contains("program forgets_null_check was refused");
      assertThat(lines).anyMatch(line -> line.startsWith("DEBUG rejected: all that libbpf said:"));
    }
  }

  @Test
  void aPlanWithoutConfigsIsFine() throws Exception {
    try (Engine engine = Engine.start(plan().build())) {
      assertThat(engine.configs()).isEmpty();
      assertThat(text(engine)).contains("ebpf_exporter_enabled_configs ");
    }
  }

  @Test
  void closingWaitsForNoReader() throws Exception {
    Engine engine = Engine.start(plan(config("one")).build());
    put(engine, "one", 1, 11);
    RowCursor stalled = attached(engine, "one").rows("hash_u64").open();
    engine.close();
    engine.close();
    assertThat(samples(engine, "hash_u64")).isEmpty();
    assertThat(stalled.next()).isTrue();
    stalled.close();
  }

  @Test
  void globalsOfAnySizeAreSetBeforeLoad() throws Exception {
    Config config =
        TestObjects.config(
            "sizes",
            "sized-globals",
            """
            metrics:
              counters:
                - name: globals_seen
                  help: By size
                  labels: [{name: index, size: 4, decoders: [{name: uint}]}]
            """);
    EnginePlan plan =
        plan(config)
            .global("one_byte", new byte[] {7})
            .global("four_bytes", 70_000)
            .global("eight_bytes", 1L << 40)
            .global("no_such_variable", 1)
            .build();
    try (Engine engine = Engine.start(plan)) {
      runAll(engine, "sizes");
      assertThat(samples(engine, "globals_seen"))
          .containsExactly(
              "globals_seen{index=\"0\"} 7",
              "globals_seen{index=\"1\"} 70000",
              "globals_seen{index=\"2\"} " + (1L << 40));
    }
    try (Engine engine = Engine.start(plan(config).global("four_bytes", 1L).build())) {
      assertThat(engine.configs().getFirst().failure().orElseThrow())
          .contains("const volatile four_bytes of")
          .contains("has 4 bytes, its value 8");
    }
  }

  private static void runAll(Engine engine, String config) throws BpfException {
    for (var program : attached(engine, config).programs()) {
      assertThat(program.program().testRun(0)).isZero();
    }
  }

  @Test
  void somethingElseCanStandForATargetOfASection() throws Exception {
    Config config =
        TestObjects.config(
            "probes",
            "substituted",
            """
            metrics:
              counters:
                - {name: calls_total, help: Calls}
            """);
    try (Engine engine = Engine.start(plan(config).build())) {
      assertThat(engine.configs().getFirst().programs())
          .extracting(ProgramState::name, ProgramState::attached)
          .containsExactly(tuple("on_call", false), tuple("on_return", false));
    }
    Path libc = libc();
    EnginePlan plan =
        plan(config)
            .substitution("thelibrary", libc.toString())
            .probedProcess(Math.toIntExact(ProcessHandle.current().pid()))
            .build();
    try (Engine engine = Engine.start(plan)) {
      assertThat(engine.configs().getFirst().programs())
          .allSatisfy(program -> assertThat(program.failure()).isEmpty());
      long before = calls(engine);
      new ProcessBuilder("true").start().waitFor();
      // getpgrp(2) through the C library, by this process; what others call is theirs.
      for (int i = 0; i < 3; i++) {
        GetProcessGroup.call();
      }
      assertThat(calls(engine) - before).isEqualTo(6);
    }
  }

  private static long calls(Engine engine) throws IOException {
    return samples(engine, "calls_total").stream()
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
        .sum();
  }

  /** The C library of this process. */
  private static Path libc() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/maps")).stream()
        .filter(line -> line.endsWith("/libc.so.6"))
        .map(line -> Path.of(line.substring(line.indexOf('/'))))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void replacingKeepsWhatDidNotChange() throws Exception {
    try (Engine engine = Engine.start(plan(config("kept"), switches("gone")).build())) {
      put(engine, "kept", 1, 11);
      AttachedConfig before = attached(engine, "kept");
      RowSource gone = attached(engine, "gone").rows("switches_total");
      engine.replace(plan(config("kept"), config("new")).build());

      assertThat(attached(engine, "kept")).isSameAs(before);
      assertThat(samples(engine, "hash_u64")).containsExactly("hash_u64{a=\"1\",b=\"0\"} 11");
      assertThat(engine.configs()).extracting(ConfigState::name).containsExactly("kept", "new");
      assertThat(samples(engine, "switches_total")).isEmpty();
      assertThat(gone.open()).isSameAs(RowCursor.EMPTY);
    }
  }

  @Test
  void replacingStartsAnewWhatChanged() throws Exception {
    try (Engine engine = Engine.start(plan(switches("two")).build())) {
      AttachedConfig before = attached(engine, "two");
      Config otherText = TestObjects.config("two", "two-programs", SWITCHES + "# changed\n");
      engine.replace(plan(otherText).build());
      AttachedConfig after = attached(engine, "two");
      assertThat(after).isNotSameAs(before);
      engine.replace(plan(otherText).global("any", 1).build());
      assertThat(attached(engine, "two")).isNotSameAs(after);
    }
  }

  @Test
  void aPlanThatCannotBeRunChangesNothing() throws Exception {
    try (Engine engine = Engine.start(plan(config("one"), switches("two")).build())) {
      put(engine, "one", 1, 11);
      AttachedConfig one = attached(engine, "one");
      AttachedConfig two = attached(engine, "two");
      int descriptors = OpenDescriptors.count();
      Config bad = withObject(config("bad"), throwing(new OutOfMemoryError("a test's")));

      assertThatThrownBy(() -> engine.replace(plan(switches("new"), bad).build()))
          .isInstanceOf(EngineException.class)
          .hasMessageStartingWith("the plan can't be run, and the one before goes on: bad: ");
      assertThat(attached(engine, "one")).isSameAs(one);
      assertThat(attached(engine, "two")).isSameAs(two);
      assertThat(samples(engine, "hash_u64")).containsExactly("hash_u64{a=\"1\",b=\"0\"} 11");
      assertThat(OpenDescriptors.count()).isEqualTo(descriptors);
    }
  }

  @Test
  void aClosedEngineTakesNoPlan() {
    Engine engine = Engine.start(plan(config("one")).build());
    engine.close();
    assertThatThrownBy(() -> engine.replace(plan().build()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the engine is closed");
    assertThatThrownBy(() -> engine.pin(Path.of("/sys/fs/bpf/x"), null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the engine is closed");
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
      // Far more than the buffers have room for: without the thread this would not end.
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
  void configsComeFromASet() throws Exception {
    ConfigSet set = ConfigSet.builder().add(config("one")).add(switches("two")).build();
    try (Engine engine = Engine.start(plan().configs(set).build())) {
      assertThat(engine.configs()).extracting(ConfigState::name).containsExactly("one", "two");
    }
    assertThat(plan().configs(set).build().names()).isEqualTo(List.of("one", "two"));
    assertThat(Map.copyOf(plan().substitution("a", "b").build().substitutions()))
        .isEqualTo(Map.of("a", "b"));
  }
}
