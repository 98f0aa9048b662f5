// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmc.common.item.Attribute;
import org.openjdk.jmc.common.item.IAccessorKey;
import org.openjdk.jmc.common.item.ICanonicalAccessorFactory;
import org.openjdk.jmc.common.item.IItem;
import org.openjdk.jmc.common.item.IItemCollection;
import org.openjdk.jmc.common.item.IItemIterable;
import org.openjdk.jmc.common.item.IMemberAccessor;
import org.openjdk.jmc.common.item.ItemFilters;
import org.openjdk.jmc.common.unit.IQuantity;
import org.openjdk.jmc.common.unit.UnitLookup;
import org.openjdk.jmc.flightrecorder.JfrAttributes;
import org.openjdk.jmc.flightrecorder.JfrLoaderToolkit;

/** A recording of a JVM that watches itself, started and dumped from outside, and read back. */
@Tag("kernel")
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class JfrSpanSinkTest {
  private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));
  private static final Path EXAMPLES =
      Path.of(System.getProperty("basedir", "."), "..", "examples");
  private static final long PID = ProcessHandle.current().pid();

  /** How far apart the two clocks may come out; 0.1 ms on a machine that has nothing else to do. */
  private static final Duration SLACK = Duration.ofMillis(2);

  private static final ICanonicalAccessorFactory<IQuantity> KERNEL_DURATION =
      Attribute.attr("kernelDuration", UnitLookup.TIMESPAN);

  /** Stays where a test fails: who reads what of the recording can be looked at again. */
  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  static Path dir;

  private static final List<Path> CGROUPS = new ArrayList<>();
  private static Path recording = Path.of("");
  private static List<String> startLines = List.of();
  private static List<String> endLines = List.of();
  private static List<RecordedEvent> events = List.of();

  @BeforeAll
  static void record() throws Exception {
    Path memory = cgroup("memory", "ebpf-jfr-" + PID);
    Path below = Files.createDirectories(memory.resolve("below"));
    CGROUPS.addFirst(below);
    set(below, "memory.limit_in_bytes", "memory.max", "20M", "20M");
    Path cpu = cgroup("cpu", "ebpf-jfr-" + PID);
    set(cpu, "cpu.cfs_quota_us", "cpu.max", "60000", "60000 100000");
    recording = dir.resolve("recording.jfr");
    String script =
        "for c in %s %s; do echo 0 > $c/cgroup.procs; done; exec \"$0\" \"$@\""
            .formatted(memory, cpu);
    Process process =
        new ProcessBuilder(
                "sh",
                "-c",
                script,
                JAVA_HOME.resolve("bin/java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                RecordedHost.class.getName(),
                EXAMPLES.toString(),
                below.toString())
            .redirectErrorStream(true)
            .start();
    try (BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      OutputStream input = process.getOutputStream();
      startLines = readTo(output, "recorder ");
      tell(input, output, "sleep");
      jcmd(process, "JFR.start", "name=test");
      for (String command : List.of("sleep", "write", "retransmit", "spin", "kill", "sleep")) {
        tell(input, output, command);
      }
      tell(input, output, "overflow");
      tell(input, output, "sleep");
      // The thread that reads spans looks at least once a second.
      tell(input, output, "retransmit");
      jcmd(process, "JFR.dump", "name=test", "filename=" + recording);
      input.close();
      endLines = output.lines().toList();
      assertThat(process.waitFor()).as(String.join("\n", endLines)).isZero();
    } finally {
      process.destroyForcibly();
      process.waitFor();
    }
    events = RecordingFile.readAllEvents(recording);
  }

  @AfterAll
  static void removeCgroups() throws IOException {
    for (Path cgroup : CGROUPS) {
      Files.deleteIfExists(cgroup);
    }
  }

  private static Path cgroup(String controller, String name) throws IOException {
    Path first = Path.of("/sys/fs/cgroup", controller);
    Path parent = Files.isDirectory(first) ? first : Path.of("/sys/fs/cgroup");
    if (!parent.equals(first)) {
      Files.writeString(parent.resolve("cgroup.subtree_control"), "+" + controller);
    }
    Path cgroup = Files.createDirectories(parent.resolve(name));
    CGROUPS.add(cgroup);
    return cgroup;
  }

  private static void set(Path cgroup, String first, String second, String value, String value2)
      throws IOException {
    boolean isFirst = Files.exists(cgroup.resolve(first));
    Files.writeString(cgroup.resolve(isFirst ? first : second), isFirst ? value : value2);
  }

  private static List<String> readTo(BufferedReader output, String end) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
      if (line.startsWith(end)) {
        return lines;
      }
    }
    throw new AssertionError(String.join("\n", lines));
  }

  private static void tell(OutputStream input, BufferedReader output, String command)
      throws IOException {
    input.write((command + "\n").getBytes(UTF_8));
    input.flush();
    readTo(output, "done");
  }

  private static void jcmd(Process process, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(JAVA_HOME.resolve("bin/jcmd").toString());
    command.add(String.valueOf(process.pid()));
    command.addAll(List.of(arguments));
    Process jcmd = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(jcmd.getInputStream().readAllBytes(), UTF_8);
    assertThat(jcmd.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(jcmd.exitValue()).as(said).isZero();
  }

  private static List<RecordedEvent> events(String type) {
    return events.stream().filter(event -> event.getEventType().getName().equals(type)).toList();
  }

  @Test
  void nothingIsSetUpBeforeSomeoneRecords() {
    assertThat(startLines).endsWith("attached 5", "recorder false");
    String line = endLines.getLast();
    // The first sleep was before the recording.
    assertThat(line).matches("exported \\d+, full \\d+, unrecorded [1-9]\\d*");
  }

  @Test
  void waitsHaveTheKernelsTimeAndTheJavaThread() {
    List<RecordedEvent> slept = events("test.Slept");
    assertThat(slept).hasSize(3);
    int found = 0;
    for (RecordedEvent sleep : slept) {
      Optional<RecordedEvent> wait =
          events("ebpf.OffCpu").stream()
              // Its CPU quota may hold it back besides.
              .filter(event -> event.getString("reason").equals("park_or_lock"))
              .filter(event -> !event.getStartTime().isBefore(sleep.getStartTime().minus(SLACK)))
              .filter(event -> !event.getEndTime().isAfter(sleep.getEndTime().plus(SLACK)))
              .filter(
                  event ->
                      event.getThread("javaThread") != null
                          && event.getThread("javaThread").getJavaThreadId()
                              == sleep.getLong("tid"))
              .findFirst();
      if (wait.isPresent()) {
        found++;
        RecordedEvent event = wait.get();
        RecordedThread thread = event.getThread("javaThread");
        assertThat(thread.getJavaName()).isEqualTo(RecordedHost.SLEEPER);
        assertThat(event.getString("threadName")).isEqualTo("sleeper-*");
        assertThat(event.getDuration().toNanos())
            .isCloseTo(event.getDuration("kernelDuration").toNanos(), within(100_000L));
        assertThat(Duration.between(event.getInstant("kernelStart"), event.getStartTime()))
            .isBetween(SLACK.negated(), SLACK.plusMillis(1));
        assertThat(event.getDuration().toNanos()).isGreaterThan(RecordedHost.SLEEP_NANOS * 9 / 10);
        assertThat(event.getLong("kernelThreadId")).isPositive();
      }
    }
    // Of this kernel's switches from idle some run no programs: such a wait is not seen.
    assertThat(found).isBetween(1, 3);
  }

  @Test
  void diskRequestsTellWhoMadeThem() {
    assertThat(events("ebpf.BlockIo"))
        .anySatisfy(
            event -> {
              assertThat(event.getString("operation")).isEqualTo("write");
              assertThat(event.getLong("bytes")).isGreaterThanOrEqualTo(4096);
              assertThat(event.getString("device")).isNotEmpty();
              assertThat(event.getDuration()).isPositive();
              assertThat(event.getLong("kernelThreadId")).isPositive();
              assertThat(event.getString("threadName")).isNotEmpty();
            });
  }

  @Test
  void packetsThatAreSentAgainTellWhereTo() {
    assertThat(events("ebpf.TcpRetransmit"))
        .isNotEmpty()
        .allSatisfy(
            event -> {
              assertThat(event.getString("peer")).isIn("127.0.0.1", "::1");
              assertThat(event.getInt("port")).isPositive();
            });
  }

  @Test
  void timeHeldBackIsWithinThePeriod() {
    assertThat(events("ebpf.Throttled"))
        .isNotEmpty()
        .allSatisfy(
            event -> {
              assertThat(event.getString("cgroup")).endsWith("/ebpf-jfr-" + PID);
              assertThat(event.getDuration()).isPositive();
              assertThat(event.getDuration("allCpus").plusMillis(1))
                  .isGreaterThanOrEqualTo(event.getDuration());
            });
  }

  @Test
  void processesThatWereKilledAreNamed() {
    assertThat(events("ebpf.OomKill"))
        .singleElement()
        .satisfies(
            event -> {
              assertThat(event.getString("cgroup")).endsWith("/ebpf-jfr-" + PID + "/below");
              assertThat(event.getString("command")).isEqualTo("tail");
              assertThat(event.getLong("processId")).isPositive();
            });
  }

  @Test
  void thereAreNoMoreThanASecondHasRoomFor() {
    long full = Long.parseLong(endLines.getLast().replaceAll(".*full (\\d+),.*", "$1"));
    assertThat(full).isPositive();
    List<RecordedEvent> lost = events("ebpf.EventsLost");
    assertThat(lost).anyMatch(event -> event.getString("type").equals("ebpf.BlockIo"));
    assertThat(lost.stream().mapToLong(event -> event.getLong("lost")).sum())
        .isPositive()
        .isLessThanOrEqualTo(full);
  }

  /**
   * Not the very events that the JDK's parser reads: of some recordings Mission Control 9.1.2 shows
   * some waits twice and others never, the same ones whenever the file is read.
   */
  @Test
  void missionControlReadsThem() throws Exception {
    IItemCollection items = JfrLoaderToolkit.loadEvents(recording.toFile());
    List<Long> nanos = new ArrayList<>();
    for (IItemIterable waits : items.apply(ItemFilters.type("ebpf.OffCpu"))) {
      assertThat(waits.getType().getAccessorKeys().keySet())
          .extracting(IAccessorKey::getIdentifier)
          .contains("javaThread", "reason", "kernelStart");
      IMemberAccessor<IQuantity, IItem> duration =
          JfrAttributes.DURATION.getAccessor(waits.getType());
      IMemberAccessor<IQuantity, IItem> ofKernel = KERNEL_DURATION.getAccessor(waits.getType());
      for (IItem wait : waits) {
        long kernels = ofKernel.getMember(wait).clampedLongValueIn(UnitLookup.NANOSECOND);
        assertThat(duration.getMember(wait).clampedLongValueIn(UnitLookup.NANOSECOND))
            .isCloseTo(kernels, within(100_000L));
        nanos.add(kernels);
      }
    }
    assertThat(nanos)
        .containsAnyElementsOf(
            events("ebpf.OffCpu").stream()
                .map(event -> event.getDuration("kernelDuration").toNanos())
                .toList())
        .anyMatch(each -> each > RecordedHost.SLEEP_NANOS * 9 / 10);
  }
}
