// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static io.ebpfagent.linux.Capability.CAP_BPF;
import static io.ebpfagent.linux.Capability.CAP_PERFMON;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.KernelTest;
import io.ebpfagent.bpf.Libbpf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The capabilities of every thread of a process, and of a program that it starts, after dropping.
 */
@KernelTest
final class KeepCapabilitiesTest {
  private static final String NOTHING = "0000000000000000";
  private static final String BOTH = "000000c000000000";
  private static final Path TASKS = Path.of("/proc/self/task");

  /** Drops capabilities, and prints those of its threads and of a child. */
  static final class Dropping {
    private Dropping() {}

    public static void main(String[] arguments) throws Exception {
      new Capabilities(Long.parseUnsignedLong(arguments[0], 16)).keepOnly(Libbpf.library());
      TreeSet<String> threads = new TreeSet<>();
      try (Stream<Path> tasks = Files.list(TASKS)) {
        for (Path task : tasks.toList()) {
          threads.add("thread: " + status(Files.readAllLines(task.resolve("status"))));
        }
      }
      Process child = new ProcessBuilder("cat", "/proc/self/status").start();
      String status = new String(child.getInputStream().readAllBytes(), UTF_8);
      System.out.println(String.join("\n", threads));
      System.out.println("child: " + status(status.lines().toList()));
    }

    private static String status(List<String> lines) {
      List<String> fields = new ArrayList<>();
      for (String line : lines) {
        if (line.matches("(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs):.*")) {
          fields.add(line.replaceAll("\\s", ""));
        }
      }
      return String.join(" ", fields);
    }
  }

  private static String sets(String inheritable, String kept, String bounding) {
    return "CapInh:%1$s CapPrm:%2$s CapEff:%2$s CapBnd:%3$s CapAmb:%1$s NoNewPrivs:1"
        .formatted(inheritable, kept, bounding);
  }

  private static List<String> drop(String kept, String... prefix)
      throws IOException, InterruptedException {
    return ChildJvm.run(List.of(prefix), Dropping.class, kept);
  }

  @Test
  void rootKeepsTwoAndItsChildGetsNone() throws Exception {
    assertThat(Capabilities.of(List.of(CAP_BPF, CAP_PERFMON)).mask()).isEqualTo(0xc0_0000_0000L);
    assertThat(drop(BOTH))
        .containsExactly(
            "thread: " + sets(NOTHING, BOTH, BOTH), "child: " + sets(NOTHING, NOTHING, BOTH));
  }

  @Test
  void rootKeepsNone() throws Exception {
    assertThat(drop(NOTHING, "setpriv", "--inh-caps=+bpf", "--ambient-caps=+bpf"))
        .containsExactly(
            "thread: " + sets(NOTHING, NOTHING, NOTHING),
            "child: " + sets(NOTHING, NOTHING, NOTHING));
  }

  /** Its threads have no more than they should, but the programs that they start would. */
  @Test
  void rootThatKeepsAllGivesNone() throws Exception {
    String all = "%016x".formatted(Capabilities.effective().mask());
    List<String> told = drop(all);
    assertThat(told).last().asString().contains("CapPrm:" + NOTHING + " CapEff:" + NOTHING);
    assertThat(told).allMatch(line -> line.endsWith("NoNewPrivs:1"));
  }

  @Test
  void rootThatHasNothingTooMuchGivesNone() throws Exception {
    String setpcap = "000000c000000100";
    assertThat(
            drop(
                setpcap, "setpriv", "--no-new-privs", "--bounding-set=-all,+bpf,+perfmon,+setpcap"))
        .containsExactly(
            "thread: " + sets(NOTHING, setpcap, setpcap),
            "child: " + sets(NOTHING, NOTHING, setpcap));
  }

  @Test
  void aUserWithoutAnyGetsNoNewOnes() throws Exception {
    List<String> told =
        drop(
            BOTH, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all");
    String nothing = "CapInh:%1$s CapPrm:%1$s CapEff:%1$s CapBnd:".formatted(NOTHING);
    assertThat(told).hasSize(2);
    assertThat(told.get(0)).startsWith("thread: " + nothing).endsWith("NoNewPrivs:1");
    assertThat(told.get(1)).startsWith("child: " + nothing).endsWith("NoNewPrivs:1");
  }
}
