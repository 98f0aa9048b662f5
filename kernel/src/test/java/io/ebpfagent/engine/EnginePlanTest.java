// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.ebpfagent.KernelTest;
import io.ebpfagent.NativeBytes;
import io.ebpfagent.TestObjects;
import io.ebpfagent.attach.AttachOptions;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.context.ThreadSlots;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A plan's settings, and their effect on an engine with real programs. */
@KernelTest
@Timeout(120)
final class EnginePlanTest extends EngineTestCase {
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
      // Calls getpgrp(2) of the C library in this process; calls of other processes must not count.
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

  @Test
  void whatIsSaidIsInThePlan() {
    Log log = Log.NONE;
    ThreadFactory threads = Thread::new;
    EnginePlan plan =
        EnginePlan.builder()
            .log(log)
            .threads(threads)
            .btf(Path.of("/btf"))
            .skipCacheSize(1)
            .cacheSize(2)
            .cacheBudget(3)
            .traceStart(true)
            .probedProcess(4)
            .global("a", 5)
            .global("b", 6L)
            .build();
    assertThat(plan.log()).isSameAs(log);
    assertThat(plan.threads()).isSameAs(threads);
    assertThat(plan.btf()).isEqualTo(Path.of("/btf"));
    assertThat(plan.skipCacheSize()).isEqualTo(1);
    assertThat(plan.cacheSize()).isEqualTo(2);
    assertThat(plan.cacheBytes()).isEqualTo(3);
    assertThat(plan.traceStart()).isTrue();
    assertThat(plan.probedProcess()).isEqualTo(4);
    assertThat(plan.globals().get("a")).hasSize(4).contains(5);
    assertThat(plan.globals().get("b")).hasSize(8).contains(6);
  }

  @Test
  void aHostIsWhatConfigsCanWatch() {
    Libjvm libjvm = new Libjvm(Path.of("/opt/libjvm.so"), true);
    HostProcess host = new HostProcess(3, 1003, 7, 8, List.of(9L, 10L), Optional.of(libjvm));
    EnginePlan plan = EnginePlan.builder().host(host).build();
    assertThat(plan.probedProcess()).isEqualTo(3);
    assertThat(plan.substitutions())
        .containsOnlyKeys("libjvm", "libc")
        .containsEntry("libjvm", "/opt/libjvm.so");
    assertThat(plan.absent()).isEmpty();
    assertThat(plan.globals())
        .hasSize(4)
        .containsEntry("host_tgid", NativeBytes.u32s(1003))
        .containsEntry("host_cgroup", NativeBytes.u64s(7))
        .containsEntry("host_memory_cgroup", NativeBytes.u64s(8))
        .containsEntry(
            "host_cpu_cgroups", NativeBytes.u64s(9, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    assertThat(plan.runsConfigsAlike(EnginePlan.builder().host(host).build())).isTrue();
    HostProcess other = new HostProcess(3, 1003, 7, 8, List.of(9L, 11L), Optional.of(libjvm));
    assertThat(plan.runsConfigsAlike(EnginePlan.builder().host(other).build())).isFalse();
  }

  @Test
  void aLibraryThatHasNoProbesIsAbsent() {
    Libjvm bare = new Libjvm(Path.of("/opt/libjvm.so"), false);
    assertThat(EnginePlan.builder().libjvm(bare).build().absent())
        .containsExactly(Map.entry("libjvm", "/opt/libjvm.so was built without probes"));
    HostProcess host = new HostProcess(3, 1003, 7, 8, List.of(), Optional.empty());
    assertThat(EnginePlan.builder().host(host).build().absent())
        .containsExactly(Map.entry("libjvm", "this process has no libjvm that can be read"));
  }

  @Test
  void thisProcessHasACLibrary() {
    EnginePlan plan = EnginePlan.builder().probeThisProcess().build();
    assertThat(plan.probedProcess()).isEqualTo((int) ProcessHandle.current().pid());
    assertThat(plan.absent()).isEmpty();
    assertThat(plan.substitutions()).containsOnlyKeys("libc");
    assertThat(Path.of(plan.substitutions().get("libc"))).isRegularFile();
  }

  /**
   * The records' maps stay open with the JVM, so that they are opened before anything is counted.
   */
  @Test
  void programsAreGivenTheRecordsOfThreads() throws Exception {
    ThreadSlots slots = ThreadSlots.inProcess(16, Log.NONE);
    AttachOptions options = plan().global("a", 1).threadSlots(slots).build().attachOptions();
    assertThat(options.sharedMaps()).isEqualTo(slots.maps());
    assertThat(options.globals()).containsKey("a").containsAllEntriesOf(slots.globals());
    assertThat(plan().global("a", 1).build().attachOptions().globals()).containsOnlyKeys("a");
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

  @Test
  void aPlanWithoutConfigsIsFine() throws Exception {
    try (Engine engine = Engine.start(plan().build())) {
      assertThat(engine.configs()).isEmpty();
      assertThat(text(engine)).contains("ebpf_exporter_enabled_configs ");
    }
  }
}
