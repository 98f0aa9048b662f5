// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --pin}, in a BPF file system of the test's own. */
@ProductTest
class PinIT {
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
  private static final String CONFIGS = "--config.names=percpu-softirq,syscalls";
  private static final String NO_CAPABILITIES = "--capabilities.keep=none";

  private static final List<String> NOBODY =
      List.of(
          SETPRIV.toString(),
          "--reuid=65534",
          "--regid=65534",
          "--clear-groups",
          "--inh-caps=-all",
          "--bounding-set=-all",
          "--no-new-privs");

  /** By their numbers. */
  private static final List<String> SOFTIRQS =
      List.of(
          "HI_SOFTIRQ",
          "TIMER_SOFTIRQ",
          "NET_TX_SOFTIRQ",
          "NET_RX_SOFTIRQ",
          "BLOCK_SOFTIRQ",
          "IRQ_POLL_SOFTIRQ",
          "TASKLET_SOFTIRQ",
          "SCHED_SOFTIRQ",
          "HRTIMER_SOFTIRQ",
          "RCU_SOFTIRQ");

  /** What is mounted on it is open to everyone. */
  @TempDir Path mount;

  Path pins;

  @BeforeEach
  void mount() throws Exception {
    run("mount", "-t", "bpf", "bpf", mount.toString());
    pins = mount.resolve("exporter");
  }

  @AfterEach
  void unmount() throws Exception {
    run("umount", mount.toString());
  }

  @Test
  void aProcessWithoutCapabilitiesReadsTheSame() throws Exception {
    assumeTrue(Files.isExecutable(SETPRIV), "no " + SETPRIV + " (package util-linux)");
    try (ExporterProcess exporter =
        ExporterProcess.start(CONFIGS, "--pin=" + pins, NO_CAPABILITIES)) {
      Map<String, Long> before = counters(exporter.get("/metrics"));
      Map<String, Long> pinned = counters(readAsNobody(pins));
      Map<String, Long> after = counters(exporter.get("/metrics"));

      assertThat(before).hasSizeGreaterThan(10);
      assertThat(pinned.keySet()).containsAll(before.keySet());
      assertThat(after.keySet()).containsAll(pinned.keySet());
      assertThat(pinned)
          .allSatisfy(
              (series, value) ->
                  assertThat(value)
                      .as(series)
                      .isBetween(before.getOrDefault(series, 0L), after.get(series)));
      exporter.stop();
    }
    assertThat(pins).doesNotExist();
  }

  /** No library, no capability, no system call of BPF: a file. */
  @Test
  void rowsAreFiles() throws Exception {
    assumeTrue(Files.isExecutable(SETPRIV), "no " + SETPRIV + " (package util-linux)");
    try (ExporterProcess exporter =
        ExporterProcess.start(CONFIGS, "--pin=" + pins, NO_CAPABILITIES)) {
      Path folder = pins.resolve("percpu-softirq");
      assertThat(new String(nobody("cat", folder.resolve("config-yaml").toString()), UTF_8))
          .contains("name: softirqs_total");

      Map<Integer, Long> before = softirqs(exporter);
      ByteBuffer rows =
          ByteBuffer.wrap(nobody("cat", folder.resolve("rows/softirqs_total").toString()))
              .order(ByteOrder.nativeOrder());
      Map<Integer, Long> after = softirqs(exporter);

      int cpus = Runtime.getRuntime().availableProcessors();
      assertThat(rows.remaining() % before.size()).isZero();
      int valuesARow = (rows.remaining() / before.size() - Integer.BYTES) / Long.BYTES;
      assertThat(valuesARow).isGreaterThanOrEqualTo(cpus);
      Map<Integer, Long> sums = new TreeMap<>();
      while (rows.hasRemaining()) {
        int key = rows.getInt();
        for (int cpu = 0; cpu < valuesARow; cpu++) {
          sums.merge(key, rows.getLong(), Long::sum);
        }
      }
      assertThat(sums).hasSameSizeAs(before);
      assertThat(sums)
          .allSatisfy(
              (key, sum) ->
                  assertThat(sum).as("row " + key).isBetween(before.get(key), after.get(key)));
      exporter.stop();
    }
  }

  @Test
  void nobodyElseCanWrite() throws IOException {
    try (ExporterProcess exporter =
        ExporterProcess.start(CONFIGS, "--pin=" + pins, "--pin.group=daemon")) {
      try (Stream<Path> all = Files.walk(pins)) {
        assertThat(all.toList())
            .hasSizeGreaterThan(6)
            .allSatisfy(
                path -> {
                  String expected = Files.isDirectory(path) ? "rwxr-x---" : "r--r-----";
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                      .isEqualTo(expected);
                  assertThat(Files.getAttribute(path, "posix:group")).hasToString("daemon");
                });
      }
      exporter.stop();
    }
  }

  @Test
  void theFolderOfAnotherIsRefusedAndOfOneThatIsGoneTakenOver() {
    try (ExporterProcess exporter = ExporterProcess.start(CONFIGS, "--pin=" + pins)) {
      assertThat(Product.run("--pin=" + pins, "--web.listen-address=127.0.0.1:0").refused(1).err())
          .contains("--pin: " + pins + ": another exporter pins its maps there");
      assertThat(exporter.get("/")).isNotEmpty();
    }
    // It was killed and could not remove anything.
    assertThat(pins).isNotEmptyDirectory();

    String other = "--config.names=timers";
    try (ExporterProcess exporter = ExporterProcess.start(other, "--pin=" + pins)) {
      assertThat(exporter.log())
          .anyMatch(
              line -> line.endsWith("removed the maps of 2 configs that a former exporter left"))
          .anyMatch(
              line -> line.contains("everyone may read the kernel's addresses there (timers)"));
      assertThat(pins).isDirectoryNotContaining(path -> !path.endsWith("timers"));
      exporter.stop();
    }
    assertThat(pins).doesNotExist();
  }

  @Test
  void foldersThatDoNotServeAreRefused() throws IOException {
    assertThat(refused(Path.of("/nowhere/pins")))
        .contains("--pin: /nowhere/pins is in no BPF file system: mount -t bpf bpf /sys/fs/bpf");
    assertThat(refused(mount)).contains("--pin: " + mount + ": others may write there");
    assertThat(refused(mount.resolve("a/b"))).contains("there is no folder " + mount.resolve("a"));
    Path strangers = mount.resolve("strangers");
    Files.createDirectories(strangers.resolve("maps/theirs"));
    assertThat(refused(strangers)).contains("maps is nothing an exporter left");
    assertThat(strangers.resolve("maps/theirs")).exists();
  }

  private static String refused(Path pins) {
    return Product.run("--pin=" + pins, "--config.names=timers", "--web.listen-address=127.0.0.1:0")
        .refused(1)
        .err();
  }

  /** By number, over all CPUs. */
  private static Map<Integer, Long> softirqs(ExporterProcess exporter) {
    Map<Integer, Long> sums = new TreeMap<>();
    for (Exposition.Sample sample : exporter.scrape().samples("ebpf_exporter_softirqs_total")) {
      int number = SOFTIRQS.indexOf(sample.labels().get("vec"));
      assertThat(number).as(sample.toString()).isNotNegative();
      sums.merge(number, (long) sample.value(), Long::sum);
    }
    assertThat(sums).hasSize(SOFTIRQS.size());
    return sums;
  }

  private static byte[] nobody(String... command) throws Exception {
    List<String> all = new ArrayList<>(NOBODY);
    all.addAll(List.of(command));
    return output(all);
  }

  private static String readAsNobody(Path pins) throws Exception {
    // The jar as users have it, and one class of ours that calls it.
    String classes =
        Product.WORK.resolve("ebpf-exporter.jar") + ":" + Product.classPathOf(PinnedReader.class);
    byte[] out =
        nobody(
            System.getProperty("java.home") + "/bin/java",
            "-cp",
            classes,
            "--enable-native-access=ALL-UNNAMED",
            PinnedReader.class.getName(),
            pins.toString());
    return new String(out, UTF_8);
  }

  /** By series, the counters of the configs under test. */
  private static Map<String, Long> counters(String exposition) {
    Map<String, Long> values = new TreeMap<>();
    exposition
        .lines()
        .filter(line -> line.matches("ebpf_exporter_(syscalls|softirqs?)[a-z_]*_total\\{.*"))
        .forEach(
            line -> {
              int end = line.lastIndexOf(' ');
              values.put(line.substring(0, end), Long.valueOf(line.substring(end + 1)));
            });
    return values;
  }

  private static void run(String... command) throws Exception {
    output(List.of(command));
  }

  private static byte[] output(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).directory(Product.WORK.toFile()).start();
    process.getOutputStream().close();
    byte[] out = process.getInputStream().readAllBytes();
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(err).isZero();
    return out;
  }
}
