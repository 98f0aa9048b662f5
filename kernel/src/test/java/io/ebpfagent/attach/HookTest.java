// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.MapCursor;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.kallsyms.Kallsyms;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sections that libbpf doesn't attach by itself, on the running kernel. */
@KernelTest
final class HookTest {
  private static final Path EXAMPLES =
      Path.of(System.getProperty("basedir", "."), "..", "examples");
  private static final int PACKETS = 100;

  /** Returns a map's rows, with keys read as integers in the host's byte order. */
  private static Map<Long, Long> rows(BpfMap map) throws Exception {
    Map<Long, Long> rows = new TreeMap<>();
    try (MapCursor cursor = map.cursor()) {
      while (cursor.next()) {
        for (int i = 0; i < cursor.rows(); i++) {
          ByteBuffer key =
              ByteBuffer.allocate(8)
                  .order(ByteOrder.nativeOrder())
                  .put(cursor.keys(), i * map.keySize(), map.keySize());
          rows.put(key.getLong(0), cursor.value(i));
        }
      }
    }
    return rows;
  }

  private static Map<String, String> failures(AttachedConfig config) {
    Map<String, String> failures = new TreeMap<>();
    for (AttachedProgram program : config.programs()) {
      program
          .failure()
          .ifPresent(e -> failures.put(program.program().name(), String.valueOf(e.getMessage())));
    }
    return failures;
  }

  @Test
  void samplesAPerfEventOnEveryOnlineCpu() throws Exception {
    int online = Runtime.getRuntime().availableProcessors();
    try (AttachedConfig config = TestObjects.attach(TestObjects.samples())) {
      BpfMap map = config.map("samples_total");
      long deadline = System.nanoTime() + 30_000_000_000L;
      // The clock also runs on idle CPUs, so every CPU gets its sample without any load.
      while (rows(map).size() < online && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
      assertThat(rows(map)).hasSizeGreaterThanOrEqualTo(online);
    }
  }

  @Test
  void saysWhyASectionCannotBeAttached() throws Exception {
    try (AttachedConfig config = TestObjects.attach(TestObjects.samples())) {
      Map<String, String> failures = failures(config);
      assertThat(failures).containsOnlyKeys("no_number", "no_such_device", "no_such_pmu");
      assertThat(failures.get("no_number"))
          .isEqualTo(
              "attach program no_number to perf_event/type=1,config=lots,frequency=1"
                  + " (the section takes perf_event/type=T,config=C and frequency=F or period=P;"
                  + " config=lots is no number)");
      assertThat(failures.get("no_such_device"))
          .startsWith("attach program no_such_device to xdp/no-such-device: ENODEV")
          .contains("there is no interface no-such-device; there are ")
          .contains("lo");
      assertThat(failures.get("no_such_pmu"))
          .startsWith("attach program no_such_pmu to perf_event/type=4242,config=7,frequency=1: E")
          .contains("no PMU has type=4242; this machine has ")
          .contains("software");
    }
  }

  @Test
  void countsThePacketsOfAnInterface() throws Exception {
    Config config = ConfigSet.fromDirectory(EXAMPLES, List.of("xdp")).configs().getFirst();
    try (AttachedConfig attached = TestObjects.attach(config);
        DatagramSocket receiver = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        DatagramSocket sender = new DatagramSocket()) {
      assertThat(failures(attached)).isEmpty();
      byte[] payload = new byte[32];
      receiver.setSoTimeout(10_000);
      for (int i = 0; i < PACKETS; i++) {
        sender.send(
            new DatagramPacket(
                payload,
                payload.length,
                InetAddress.getLoopbackAddress(),
                receiver.getLocalPort()));
        receiver.receive(new DatagramPacket(payload, payload.length));
      }
      long udp = 0x0800 | 17L << 16 | (long) receiver.getLocalPort() << 32;
      assertThat(rows(attached.map("xdp_incoming_packets_total")))
          .containsEntry(udp, (long) PACKETS);
    }
  }

  @Test
  void runsTheMarkOnceAfterAllIsAttached() throws Exception {
    Config config =
        TestObjects.config(
            "post-attach",
            """
            metrics:
              counters:
                - {name: marks_total, help: Runs of the mark}
            """);
    try (AttachedConfig attached = TestObjects.attach(config)) {
      assertThat(failures(attached)).isEmpty();
      assertThat(rows(attached.map("marks_total"))).containsExactly(Map.entry(0L, 1L));
    }
  }

  @Test
  void saysWhichSymbolTheKernelLacks() throws Exception {
    Config config =
        TestObjects.config(
            "globals",
            """
            metrics:
              counters:
                - {name: kaddr_seen_total, help: The address}
            kaddrs: [no_such_symbol]
            """);
    assertThat(message(() -> TestObjects.attach(config)))
        .isEqualTo("globals.yaml: kaddrs: the kernel has no symbol no_such_symbol");
  }

  @Test
  void setsTheAddressesOfKernelSymbols() throws Exception {
    Config config =
        TestObjects.config(
            "globals",
            """
            metrics:
              counters:
                - {name: kaddr_seen_total, help: The address}
            kaddrs: [schedule]
            """);
    try (Kallsyms kallsyms = new Kallsyms(Kallsyms.PATH);
        AttachedConfig attached = TestObjects.attach(config)) {
      assertThat(failures(attached)).isEmpty();
      assertThat(Files.exists(EXAMPLES)).isTrue(); // a system call for the program to see
      assertThat(rows(attached.map("kaddr_seen_total")))
          .containsExactly(Map.entry(0L, kallsyms.address("schedule").orElseThrow()));
    }
  }

  @Test
  void relocatesByABtfFile(@TempDir Path dir) throws Exception {
    Path btf = dir.resolve("btf");
    Files.write(btf, Files.readAllBytes(Path.of("/sys/kernel/btf/vmlinux")));
    Config config = ConfigSet.fromDirectory(EXAMPLES, List.of("timers")).configs().getFirst();
    try (AttachedConfig attached = TestObjects.attacher(btf).attach(config)) {
      assertThat(failures(attached)).isEmpty();
    }
    Files.writeString(btf, "no BTF");
    assertThat(message(() -> TestObjects.attacher(btf).attach(config)))
        .contains("timers")
        .contains(btf.toString());
  }

  @FunctionalInterface
  private interface Attaching {
    AutoCloseable attach() throws AttachException;
  }

  private static String message(Attaching attaching) throws Exception {
    try (AutoCloseable attached = attaching.attach()) {
      return attached + " is attached";
    } catch (AttachException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
