// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ebpfagent.tracing.OtlpReceiver.Received;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kinds of kernel spans, made to happen, each below the span that caused it. */
@ExtensionTest
class KindsIT {
  private static final long SLACK_NANOS = 5_000_000;
  private static final long PAGE_BYTES = 4096;

  // The tests share an application: its start is what takes time.
  private static OtlpReceiver receiver;
  private static TracedApp app;
  private static Path file;

  @BeforeAll
  static void start() throws Exception {
    receiver = OtlpReceiver.start();
    app =
        TracedApp.builder()
            .to(receiver)
            .options(
                "-Dotel.ebpf.spans.kinds=all",
                "-Dotel.ebpf.threshold.file-sync=0",
                "-Dotel.ebpf.threshold.file-read=1ms",
                "-Dotel.ebpf.threshold.file-write=1000us",
                "-Dotel.ebpf.threshold.page-fault=0",
                "-Dotel.ebpf.threshold.reclaim=0",
                "-Dotel.ebpf.threshold.run-queue=50us",
                "-Dotel.ebpf.threshold.cpu-throttled=1ms",
                "-Dotel.ebpf.spans.per-span=2000",
                "-Dotel.ebpf.spans.per-second=10000",
                "-Dsun.net.inetaddr.ttl=0",
                "-Dsun.net.inetaddr.negative.ttl=0")
            .start(WorkingApp.class);
    app.awaitKernelSpans();
    file = Files.createTempFile(Path.of("/var/tmp"), "ebpf-agent", ".bin");
  }

  @AfterAll
  static void stop() throws Exception {
    Files.deleteIfExists(file);
    app.close();
    receiver.close();
  }

  /** What the application did, and what it knows of that itself. */
  private record Deed(Received parent, List<Long> known) {
    /** The kernel spans of a kind below it; waits until there are so many. */
    List<Received> below(int count, String name) throws InterruptedException {
      return below(List.of(name), found -> found.size() >= count);
    }

    /** Those of some kinds; waits until they are enough. */
    List<Received> below(List<String> names, Predicate<List<Received>> enough)
        throws InterruptedException {
      List<Received> spans =
          receiver.awaitAll(
              span -> span.isBelow(parent) && span.isKernels() && names.contains(span.name()),
              enough);
      assertThat(spans)
          .allSatisfy(
              span -> {
                assertThat(span.isWithin(parent, SLACK_NANOS)).isTrue();
              });
      return spans;
    }
  }

  private static Deed order(String verb, Object argument) throws InterruptedException {
    int before = receiver.spans(span -> span.name().equals(verb)).size();
    app.say(verb + " " + argument);
    Received parent = receiver.await(before + 1, span -> span.name().equals(verb)).get(before);
    String line = app.awaitNth(before + 1, text -> text.startsWith("done " + verb));
    return new Deed(
        parent,
        Arrays.stream(line.split(" ", -1))
            .filter(word -> word.matches("[0-9]+"))
            .map(Long::valueOf)
            .toList());
  }

  private static long nanos(List<Received> spans) {
    return spans.stream().mapToLong(span -> span.end() - span.start()).sum();
  }

  private static void onDisk() throws IOException {
    assumeTrue(Files.getFileStore(file).name().startsWith("/dev/"), "/var/tmp is on no disk");
  }

  @Test
  void allOfThemRun() {
    assertThat(app.ours())
        .singleElement()
        .asString()
        .isEqualTo(
            TracedApp.OURS
                + "kernel spans: off-cpu, run-queue, cpu-throttled by off-cpu; file-sync;"
                + " file-read, file-write by file-io; block-io; page-fault, reclaim by memory;"
                + " dns-lookup; tcp-connect; tcp-retransmit, tcp-reset by tcp-trouble");
  }

  @Test
  void whatIsWrittenToDiskWaitsForTheDisk() throws Exception {
    onDisk();
    List<Received> requests = order("write", file).below(1, "block-io");
    long bytes =
        requests.stream()
            .filter(span -> span.attribute("disk.io.direction").equals("write"))
            .mapToLong(span -> Long.parseLong(span.attribute("ebpf.block.bytes")))
            .sum();
    assertThat(bytes).isGreaterThanOrEqualTo(1 << 20);
    assertThat(requests)
        .allSatisfy(span -> assertThat(span.attribute("system.device")).matches("[a-z].*"));
  }

  @Test
  void eachSyncIsASpan() throws Exception {
    Deed deed = order("sync", file);
    List<Received> syncs = deed.below(3, "file-sync");
    assertThat(syncs)
        .extracting(span -> span.attribute("ebpf.file.syscall"))
        .containsExactly("fsync", "fdatasync", "msync");
    for (int i = 0; i < syncs.size(); i++) {
      Received sync = syncs.get(i);
      assertThat(sync.attribute("file.path")).isEqualTo(file.toString());
      assertThat(sync.attributes()).doesNotContainKeys("error.type", "ebpf.file.bytes");
      // The application looked at its clock right before and right after.
      assertThat(sync.end() - sync.start()).isPositive().isLessThanOrEqualTo(deed.known().get(i));
    }
  }

  @Test
  void slowReadsAndWritesAreSpans() throws Exception {
    Deed deed = order("large", file);
    // Small ones take less than a millisecond, unless another thread has the CPU.
    Received write = large(deed.below(1, "file-write"));
    Received read = large(deed.below(1, "file-read"));
    assertThat(write.attribute("ebpf.file.syscall")).isEqualTo("write");
    assertThat(read.attribute("ebpf.file.syscall")).isEqualTo("pread64");
    assertThat(write.end() - write.start()).isLessThanOrEqualTo(deed.known().get(1));
    assertThat(read.end() - read.start()).isLessThanOrEqualTo(deed.known().get(3));
  }

  private static Received large(List<Received> spans) {
    assertThat(spans)
        .filteredOn(
            span -> span.attribute("ebpf.file.bytes").equals(Long.toString(WorkingApp.LARGE)))
        .singleElement()
        .satisfies(span -> assertThat(span.attribute("file.path")).isEqualTo(file.toString()));
    return spans.stream()
        .filter(span -> !span.attribute("ebpf.file.bytes").equals("1"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void eachMajorFaultIsASpan() throws Exception {
    onDisk();
    order("large", file);
    order("sync", file);
    Deed deed = order("fault", file);
    int faults = Math.toIntExact(deed.known().getFirst());
    assertThat(faults).isPositive();
    assertThat(deed.below(faults, "page-fault"))
        .hasSize(faults)
        .allSatisfy(
            span -> {
              assertThat(span.attribute("system.paging.fault.type")).isEqualTo("major");
              assertThat(span.attribute("file.path")).isEqualTo(file.toString());
            });
  }

  @Test
  void whatIsTakenFromACgroupThatIsFullIsASpan() throws Exception {
    onDisk();
    long size = 160 << 20;
    long limit = 64 << 20;
    Path empty = Files.createTempFile(file.getParent(), "ebpf-agent", ".bin");
    try (RandomAccessFile large = new RandomAccessFile(empty.toFile(), "rw");
        LimitedCgroup cgroup = LimitedCgroup.ofMemory(app.pid(), limit)) {
      assertThat(cgroup).isNotNull();
      large.setLength(size);
      Deed deed = order("reclaim", empty);
      assertThat(deed.known()).containsExactly(size);
      // Whoever reads more than there is room for takes the rest from himself.
      List<Received> reclaims =
          deed.below(List.of("reclaim"), found -> bytes(found) >= (size - limit) * 9 / 10);
      assertThat(bytes(reclaims)).isLessThan(size + limit);
      assertThat(reclaims)
          .allSatisfy(span -> assertThat(span.attribute("ebpf.reclaim.of")).isEqualTo("cgroup"));
    } finally {
      Files.delete(empty);
    }
  }

  private static long bytes(List<Received> reclaims) {
    return reclaims.stream()
        .mapToLong(span -> Long.parseLong(span.attribute("ebpf.reclaim.pages")) * PAGE_BYTES)
        .sum();
  }

  @Test
  void aQuotaThatIsUsedUpIsASpan() throws Exception {
    try (LimitedCgroup cgroup = LimitedCgroup.ofCpu(app.pid(), 10_000)) {
      assertThat(cgroup).isNotNull();
      Deed deed = order("spin", 60);
      // A thread that never waits has a CPU, or waits for one.
      long noCpu = deed.known().getFirst();
      List<Received> waits =
          deed.below(
              List.of("cpu-throttled", "run-queue", "off-cpu"),
              found -> nanos(found) >= noCpu * 9 / 10);
      assertThat(nanos(waits)).isLessThanOrEqualTo(noCpu + SLACK_NANOS);
      assertThat(nanos(held(waits))).isGreaterThan(50_000_000);
    }
  }

  /** In each period of 100 ms it may run for 10, and others of its process take some of that. */
  private static List<Received> held(List<Received> waits) {
    List<Received> held =
        waits.stream().filter(span -> span.name().equals("cpu-throttled")).toList();
    // Of the rest, others' processes may have taken much, but not in every period.
    assertThat(held)
        .hasSizeGreaterThan(1)
        .allSatisfy(
            span -> assertThat(span.end() - span.start()).isLessThan(100_000_000 + SLACK_NANOS));
    return held;
  }

  @Test
  void aQuotaThatIsUsedUpHoldsBackWhoIsWoken() throws Exception {
    try (LimitedCgroup cgroup = LimitedCgroup.ofCpu(app.pid(), 10_000)) {
      assertThat(cgroup).isNotNull();
      Deed deed = order("nap", 60);
      long noCpu = deed.known().getFirst();
      List<Received> waits =
          deed.below(
              List.of("cpu-throttled", "run-queue"), found -> nanos(found) >= noCpu * 9 / 10);
      assertThat(nanos(waits)).isLessThanOrEqualTo(noCpu * 11 / 10);
      assertThat(held(waits)).isNotEmpty();
    }
  }

  @Test
  void whoeverWaitsForACpuWaitsAsLongAsTheSchedulerSays() throws Exception {
    Deed deed = order("compete", 50);
    long waited = deed.known().getFirst();
    assertThat(waited).isGreaterThan(10_000_000);
    List<Received> waits =
        deed.below(List.of("run-queue"), found -> nanos(found) >= waited * 9 / 10);
    assertThat(nanos(waits)).isLessThanOrEqualTo(waited * 11 / 10);
    assertThat(waits)
        .anySatisfy(
            span -> assertThat(span.attribute("ebpf.run_queue.preempted")).isEqualTo("true"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sleep", "park", "notify", "monitor"})
  void aWaitSaysWhatFor(String how) throws Exception {
    List<Received> waits =
        order("await", how)
            .below(
                List.of("off-cpu"),
                found ->
                    found.stream().anyMatch(span -> span.attribute("ebpf.wait.for").equals(how)));
    // The other threads of a busy machine may keep it from waiting all the time.
    assertThat(waits)
        .filteredOn(span -> span.attribute("ebpf.wait.for").equals(how))
        .allSatisfy(
            span -> {
              assertThat(span.attribute("ebpf.wait.syscall")).isEqualTo("futex");
              assertThat(span.millis()).isLessThan(10 * WorkingApp.WAIT_MILLIS);
            });
    assertThat(waits).noneMatch(span -> span.attribute("ebpf.wait.for").equals("lock"));
  }

  @Test
  void aStopIsNoPageFault() throws Exception {
    Predicate<Received> stopped = span -> span.attribute("ebpf.wait.for").equals("stopped");
    List<Received> waits =
        order("await", "stopped")
            .below(List.of("off-cpu"), found -> found.stream().anyMatch(stopped));
    assertThat(waits)
        .filteredOn(stopped)
        .singleElement()
        .satisfies(
            span -> {
              assertThat(span.attribute("ebpf.wait.syscall")).isEqualTo("none");
              assertThat(span.millis()).isBetween(100L, 10_000L);
            });
  }

  @Test
  void aNameThatIsLookedUpIsASpan() throws Exception {
    assertThat(order("lookup", "localhost").below(1, "dns-lookup"))
        .singleElement()
        .satisfies(
            span -> {
              assertThat(span.attribute("dns.question.name")).isEqualTo("localhost");
              assertThat(span.attributes()).doesNotContainKey("error.type");
            });
  }

  @Test
  void aNameThatIsNoneSaysSo() throws Exception {
    // The library itself sees that this is no name.
    assertThat(order("lookup", "a..b").below(1, "dns-lookup"))
        .singleElement()
        .satisfies(
            span -> {
              assertThat(span.attribute("dns.question.name")).isEqualTo("a..b");
              assertThat(span.attribute("error.type")).isEqualTo("EAI_NONAME");
            });
  }

  @Test
  void whatIsSentAgainIsASpanOfWhoeverSentIt() throws Exception {
    try (DeafServer server = new DeafServer()) {
      int asked = receiver.spans(span -> span.name().equals("ask")).size();
      app.say("ask " + server.port());
      server.accept();
      server.letSendAgain('?', WorkingApp.QUESTION);
      server.send('!');
      Received parent = receiver.await(asked + 1, span -> span.name().equals("ask")).get(asked);
      List<Received> again = new Deed(parent, List.of()).below(2, "tcp-retransmit");
      assertThat(again)
          .allSatisfy(
              span -> {
                assertThat(span.attribute("network.peer.port"))
                    .isEqualTo(Integer.toString(server.port()));
                assertThat(span.attribute("ebpf.tcp.bytes"))
                    .isEqualTo(Integer.toString(WorkingApp.QUESTION));
                assertThat(span.end()).isEqualTo(span.start());
              });
    }
  }

  @Test
  void whatIsSentInNoSpanIsNobodys() throws Exception {
    try (DeafServer server = new DeafServer()) {
      int mixed = receiver.spans(span -> span.name().equals("mix")).size();
      app.say("mix " + server.port());
      server.accept();
      server.readFully(WorkingApp.QUESTION);
      server.letSendAgain('?', WorkingApp.QUESTION - 1);
      server.letSendAgain('?', WorkingApp.QUESTION);
      server.send('!');
      Received parent = receiver.await(mixed + 1, span -> span.name().equals("mix")).get(mixed);
      // The later ones are there, so the earlier ones would be.
      assertThat(new Deed(parent, List.of()).below(2, "tcp-retransmit"))
          .extracting(span -> span.attribute("ebpf.tcp.bytes"))
          .containsOnly(Integer.toString(WorkingApp.QUESTION));
    }
  }

  @Test
  void aResetIsASpanOfWhoeverWaitsForAnAnswer() throws Exception {
    try (DeafServer server = new DeafServer()) {
      int lost = receiver.spans(span -> span.name().equals("lose")).size();
      app.say("lose " + server.port());
      server.accept();
      server.readFully(WorkingApp.QUESTION);
      server.reset();
      Received parent = receiver.await(lost + 1, span -> span.name().equals("lose")).get(lost);
      assertThat(new Deed(parent, List.of()).below(1, "tcp-reset"))
          .singleElement()
          .satisfies(
              span -> {
                assertThat(span.attribute("network.io.direction")).isEqualTo("receive");
                assertThat(span.attribute("network.peer.address")).isEqualTo("127.0.0.1");
                assertThat(span.attribute("network.peer.port"))
                    .isEqualTo(Integer.toString(server.port()));
              });
    }
  }

  @Test
  void aConnectKnowsItsPeer() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      connect(server.getLocalPort(), "false");
      server.accept().close();
    }
  }

  @Test
  void aConnectThatIsRefusedSaysSo() throws Exception {
    int port;
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = server.getLocalPort();
    }
    connect(port, "true");
  }

  private static void connect(int port, String refused) throws InterruptedException {
    assertThat(order("connect", port).below(1, "tcp-connect"))
        .singleElement()
        .satisfies(
            span -> {
              assertThat(span.attribute("network.peer.address")).isEqualTo("127.0.0.1");
              assertThat(span.attribute("network.peer.port")).isEqualTo(Integer.toString(port));
              assertThat(span.attribute("ebpf.connect.refused")).isEqualTo(refused);
              assertThat(span.attribute("ebpf.connect.retransmits")).isEqualTo("0");
              assertThat(span.numbers())
                  .containsExactlyInAnyOrder("network.peer.port", "ebpf.connect.retransmits");
            });
  }
}
