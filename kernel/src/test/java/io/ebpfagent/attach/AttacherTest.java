// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.ebpfagent.KernelTest;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.MapCursor;
import io.ebpfagent.cgroup.CgroupMount;
import io.ebpfagent.cgroup.CgroupWalk;
import io.ebpfagent.cgroup.Cgroups;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.ObjectSource;
import io.ebpfagent.kallsyms.Kallsyms;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@KernelTest
final class AttacherTest {
  private static Config counters(String name, String... counters) {
    StringBuilder yaml = new StringBuilder("metrics:\n  counters:\n");
    for (String counter : counters) {
      yaml.append("    - {name: ").append(counter).append(", help: A test's counter}\n");
    }
    return TestObjects.config(name, yaml.toString());
  }

  private static Config withObject(Config config, Path object) {
    return new Config(
        config.name(),
        config.yaml(),
        config.text(),
        ObjectSource.ofFile(object),
        config.metrics(),
        config.spans(),
        config.kaddrs(),
        Optional.empty(),
        config.warnings());
  }

  /** Returns the only value of an array with one entry. */
  private static long value(BpfMap map) throws BpfException {
    try (MapCursor cursor = map.cursor()) {
      assertThat(cursor.next()).isTrue();
      return cursor.value(0);
    }
  }

  @Test
  void aProgramThatDoesNotAttachLeavesTheOthersRunning() throws Exception {
    try (AttachedConfig attached = TestObjects.attach(counters("two-programs", "switches_total"))) {
      assertThat(attached.programs())
          .extracting(program -> program.program().name(), AttachedProgram::attached)
          .containsExactly(tuple("attaches", true), tuple("cannot_attach", false));
      AttachedProgram failed = attached.programs().getLast();
      assertThat(failed.failure().orElseThrow())
          .hasMessageStartingWith(
              "attach program cannot_attach to raw_tp/no_such_tracepoint: ENOENT");
      assertThat(failed.id()).isPositive();
      assertThat(failed.tag()).matches("[0-9a-f]{16}");
      BpfMap switches = attached.map("switches_total");
      for (int i = 0; i < 1000 && value(switches) == 0; i++) {
        // Waiting for another thread causes a task switch.
        Thread.ofPlatform().start(() -> {}).join();
      }
      assertThat(value(switches)).isPositive();
    }
  }

  /** The exception comes between the first program, which is attached then, and the second. */
  @Test
  void whateverIsThrownHalfwayLeavesNothing() {
    int before = OpenDescriptors.count();
    for (Throwable thrown :
        List.of(new IllegalStateException("broken"), new OutOfMemoryError("a test's"))) {
      Attacher attacher =
          new Attacher(
              new Kallsyms(Kallsyms.PATH),
              new Cgroups(new CgroupWalk(CgroupMount.MOUNTINFO)),
              AttachOptions.DEFAULT,
              (level, message, cause) -> {
                assertThat(OpenDescriptors.targets()).contains("anon_inode:bpf_link");
                if (thrown instanceof Error error) {
                  throw error;
                }
                throw (RuntimeException) thrown;
              });
      assertThatThrownBy(() -> attacher.attach(counters("two-programs", "switches_total")))
          .isInstanceOf(AttachException.class)
          .hasMessage("two-programs: " + thrown)
          .hasCause(thrown);
      assertThat(OpenDescriptors.targets()).doesNotContain("anon_inode:bpf_link");
      assertThat(OpenDescriptors.count()).isEqualTo(before);
      assertThat(attacher.steps().getLast().failure()).isEqualTo(thrown.toString());
    }
  }

  @Test
  void anObjectOfAGigabyteIsRefused(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("large.bpf.o");
    try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength(1 << 30);
    }
    Config config = withObject(counters("maps-only", "hash_u64"), file);
    assertThatThrownBy(() -> TestObjects.attach(config))
        .isInstanceOf(AttachException.class)
        .hasMessageMatching(
            "maps-only: read \\Q%s\\E: is larger than \\d+ MiB, the most that is read .*"
                .formatted(file));
  }

  @Test
  void anObjectThatDoesNotFitIsNotLoaded() {
    int before = OpenDescriptors.count();
    assertThatThrownBy(() -> TestObjects.attach(counters("maps-only", "hash_u64", "events")))
        .isInstanceOf(AttachException.class)
        .hasMessage(
            """
            maps-only.yaml: metrics.counters[0].labels: the labels take 4 bytes, a key of map \
            hash_u64 has 16 (no labels: the key is a u32 0)
            maps-only.yaml: metrics.counters[1].name: map events is a ringbuf; a metric reads a \
            hash or an array\
            """);
    assertThat(OpenDescriptors.count()).isEqualTo(before);
  }

  @Test
  void anObjectThatTheVerifierRefusesIsReportedAndGone() {
    Config config = counters("rejected", "rejected_total");
    int before = OpenDescriptors.count();
    assertThatThrownBy(() -> TestObjects.attach(config))
        .isInstanceOfSatisfying(
            AttachException.class,
            e -> {
              assertThat(e)
                  .hasMessageStartingWith(
                      "rejected: load %s: EACCES (program forgets_null_check was refused:"
                          .formatted(TestObjects.file("rejected")))
                  .hasMessageContaining("R0 invalid mem access 'map_value_or_null'");
              assertThat(e.libbpfLog()).contains("-- BEGIN PROG LOAD LOG --");
            });
    assertThat(OpenDescriptors.count()).isEqualTo(before);
  }

  @Test
  void saysThatTheObjectIsMissing() {
    Config config = withObject(counters("globals", "kaddr_seen_total"), Path.of("/no/x.bpf.o"));
    assertThatThrownBy(() -> TestObjects.attach(config))
        .isInstanceOf(AttachException.class)
        .hasMessage("globals: read /no/x.bpf.o: no such file");
  }

  @Test
  void saysThatTheObjectIsDamaged(@TempDir Path folder) throws Exception {
    byte[] whole = TestObjects.bytes("globals");
    Path half = folder.resolve("half.bpf.o");
    Files.write(half, Arrays.copyOf(whole, whole.length / 2));
    Config config = withObject(counters("globals", "kaddr_seen_total"), half);
    assertThatThrownBy(() -> TestObjects.attach(config))
        .isInstanceOf(AttachException.class)
        .hasMessage(
            "globals: open %s (truncated: its section table ends at byte %d, the file at %d)",
            half, whole.length, whole.length / 2);
  }

  @Test
  void saysThatTheObjectHasNoVariableForAnAddress() {
    String yaml =
        """
        metrics:
          counters: [{name: %s, help: A test's counter%s}]
        kaddrs: [%s]
        """;
    Config without =
        TestObjects.config("two-programs", yaml.formatted("switches_total", "", "schedule"));
    assertThatThrownBy(() -> TestObjects.attach(without))
        .isInstanceOf(AttachException.class)
        .hasMessage(
            "two-programs.yaml: kaddrs: %s has no const volatile u64 kaddr_schedule",
            TestObjects.file("two-programs"));
    Config narrow =
        TestObjects.config("globals", yaml.formatted("kaddr_seen_total", "", "vfs_read"));
    assertThatThrownBy(() -> TestObjects.attach(narrow))
        .isInstanceOf(AttachException.class)
        .hasMessage(
            "globals.yaml: kaddrs: %s has no const volatile u64 kaddr_vfs_read",
            TestObjects.file("globals"));
  }

  @Test
  void listsTheMapsOfTheObjectWithoutItsGlobals() throws Exception {
    try (AttachedConfig attached = TestObjects.attach(counters("globals", "kaddr_seen_total"))) {
      assertThat(attached.maps()).extracting(BpfMap::name).containsExactly("kaddr_seen_total");
      assertThat(attached.config().name()).isEqualTo("globals");
      assertThatThrownBy(() -> attached.map("no_such_map"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("globals has no map no_such_map");
    }
  }
}
