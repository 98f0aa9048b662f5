// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jvm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.KernelTest;
import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.config.JvmConfig;
import io.ebpfagent.engine.ConfigState;
import io.ebpfagent.engine.HostProcess;
import io.ebpfagent.engine.Libjvm;
import io.ebpfagent.log.Log;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which JVMs the configs watch: the host, or all that run from a file, or one without probes. */
@KernelTest
@Timeout(120)
final class WhichJvmTest {
  private static final int FULL = 7;

  /** A JVM that collects and parks once it is told to, and says what it counted. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      System.out.println("started");
      assertThat(System.in.read()).isNotEqualTo(-1);
      for (int i = 0; i < FULL; i++) {
        System.gc();
      }
      Thread thread = new Thread(() -> LockSupport.parkNanos(50_000_000), "outsider-1");
      thread.start();
      thread.join();
      for (GarbageCollectorMXBean bean : ManagementFactory.getGarbageCollectorMXBeans()) {
        System.out.println(bean.getName() + "=" + bean.getCollectionCount());
      }
    }
  }

  private static final class Other implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;

    Other() throws Exception {
      process = ChildJvm.start(List.of(), List.of("-XX:+UseParallelGC", "-Xmx64m"), Child.class);
      output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
      assertThat(output.readLine()).isEqualTo("started");
    }

    List<String> collect() throws Exception {
      process.getOutputStream().write('\n');
      process.getOutputStream().flush();
      return output.lines().toList();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  @Test
  void withoutAHostAllAreWatched() throws Exception {
    Libjvm libjvm = Libjvm.current(Log.NONE).orElseThrow();
    try (Other other = new Other();
        WatchedHost host = WatchedHost.watch(plan -> plan.libjvm(libjvm), "jvm-gc", "jvm-offcpu")) {
      List<String> beans = other.collect();
      assertThat(beans).isNotEmpty();
      for (String bean : beans) {
        String[] count = bean.split("=", 2);
        assertThat(
                host.observed("jvm_gc_collection_seconds", Map.of("collector", count[0]))
                    + "of "
                    + count[0])
            .isEqualTo(count[1] + "of " + count[0]);
      }
      assertThat(host.values("jvm_offcpu_seconds", "thread")).contains("outsider-*");
    }
  }

  @Test
  void ofAHostNoOtherIsWatched() throws Exception {
    try (Other other = new Other();
        WatchedHost host = WatchedHost.watch("jvm-gc", "jvm-offcpu")) {
      assertThat(other.collect()).isNotEmpty();
      assertThat(host.values("jvm_gc_collection_seconds", "collector"))
          .doesNotContain("PS MarkSweep", "PS Scavenge");
      assertThat(host.values("jvm_offcpu_seconds", "thread")).doesNotContain("outsider-*");
    }
  }

  @Test
  void aJvmWithoutProbesIsSaidSoAndTheRestRuns() throws Exception {
    HostProcess real = HostProcess.current(Log.NONE);
    HostProcess bare =
        new HostProcess(
            real.pid(),
            real.tgid(),
            real.cgroup(),
            real.memoryCgroup(),
            real.cpuCgroups(),
            Optional.of(new Libjvm(Path.of("/opt/bare/libjvm.so"), false)));
    try (WatchedHost host =
        WatchedHost.start(
            plan -> plan.host(bare), "jvm-gc", "jvm-safepoints", "jvm-offcpu", "jvm-io")) {
      assertThat(host.lines())
          .containsExactly(
              "INFO programs on libjvm do nothing: /opt/bare/libjvm.so was built without probes");
      assertThat(host.engine().configs())
          .extracting(ConfigState::name, ConfigState::runs, ConfigState::attached)
          .containsExactly(
              tuple("jvm-gc", true, false),
              tuple("jvm-safepoints", true, false),
              tuple("jvm-offcpu", true, true),
              tuple("jvm-io", true, true));
      LockSupport.parkNanos(1_000_000);
      assertThat(host.observed("jvm_offcpu_seconds", Map.of())).isPositive();
    }
  }

  @Test
  void theDefaultSetIsThereAndRunsTogether() throws Exception {
    List<String> bundled =
        ConfigSet.namesIn(Path.of(System.getProperty("basedir", "."), "..", "examples")).stream()
            .filter(name -> name.startsWith("jvm-"))
            .toList();
    assertThat(bundled)
        .containsExactlyInAnyOrderElementsOf(JvmConfig.ALL.stream().map(JvmConfig::name).toList());
    assertThat(bundled).containsAll(JvmConfig.defaultNames());
    try (WatchedHost host = WatchedHost.watch(bundled.toArray(String[]::new))) {
      assertThat(host.engine().configs())
          .filteredOn(
              config ->
                  config.programs().stream()
                      .allMatch(program -> program.section().startsWith("usdt/")))
          .extracting(ConfigState::name)
          .containsExactlyInAnyOrderElementsOf(
              JvmConfig.ALL.stream().filter(JvmConfig::needsProbes).map(JvmConfig::name).toList());
    }
  }
}
