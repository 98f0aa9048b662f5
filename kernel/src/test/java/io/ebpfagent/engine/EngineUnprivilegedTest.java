// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.KernelTest;
import io.ebpfagent.TestCgroups;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An engine in a process that may do nothing to the kernel. */
@KernelTest
@Timeout(120)
final class EngineUnprivilegedTest {
  private static final List<String> NO_CAPABILITIES =
      List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all");

  /** Starts an engine, watches cgroups, and prints what both say. */
  static final class Unprivileged {
    private Unprivileged() {}

    public static void main(String[] arguments) throws Exception {
      EnginePlan plan =
          EnginePlan.builder()
              .log((level, message, thrown) -> System.out.println(level + " " + message))
              .config(EngineTestCase.config("one"))
              .build();
      try (Engine engine = Engine.start(plan)) {
        System.out.println("failure: " + engine.configs().getFirst().failure().orElseThrow());
        System.out.println("text: " + EngineTestCase.text(engine));
      }
      Loop.Threads threads = new Loop.Threads(plan.threads(), plan.log());
      try (CgroupWatch watch = new CgroupWatch(plan.log())) {
        watch.open();
        watch.open();
        watch.start(threads);
        System.out.println("events: " + watch.hasEvents());
        System.out.println("path: " + watch.cgroups().path(Long.parseLong(arguments[0])));
      }
    }
  }

  @Test
  void saysWhatItLacksAndRunsOn() throws Exception {
    try (TestCgroups cgroups = new TestCgroups()) {
      Path cgroup = cgroups.make("known");
      List<String> lines =
          ChildJvm.run(NO_CAPABILITIES, Unprivileged.class, Long.toString(TestCgroups.id(cgroup)));
      assertThat(lines)
          .contains(
              "WARNING CAP_BPF is missing: maps and programs can't be loaded",
              "WARNING CAP_PERFMON is missing: programs can't trace the kernel",
              "events: false",
              "path: " + cgroup)
          .anyMatch(line -> line.matches("failure: .*EPERM.*CAP_BPF.*"))
          .anyMatch(line -> line.matches("INFO cgroups: .*EPERM.*; their tree is walked instead"))
          .anyMatch(
              line ->
                  line.matches(
                      "INFO cgroups: .*EPERM.*; a new one has no path until the next walk"))
          .noneMatch(line -> line.contains("Exception"));
    }
  }
}
