// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.BufferedReader;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code --pin}, in a BPF file system for the test. Some hosts deny iterators over maps; there,
 * most of it is only tested in virtual machines.
 */
@ProductTest
class PinIT {
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
  private static final String CONFIGS = "--config.names=percpu-softirq,syscalls";
  private static final String REQUIRED = "EBPFAGENT_REQUIRE_ITERATORS";
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

  /** Names of the softirqs, by their numbers. */
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

  /** Mount point; the file system that is mounted there is accessible to everyone. */
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

  /** A process of another user that reads what is pinned, repeatedly. */
  private static final class Reader implements AutoCloseable {
    private final Process process;
    private final BufferedReader lines;

    Reader(Path pins) throws IOException {
      // The class path has the jar as users have it, and one class that calls it.
      String classes =
          Product.WORK.resolve("ebpf-exporter.jar") + ":" + Product.classPathOf(PinnedReader.class);
      List<String> command = new ArrayList<>(NOBODY);
      command.addAll(
          List.of(
              System.getProperty("java.home") + "/bin/java",
              "-cp",
              classes,
              PinnedReader.class.getName(),
              pins.toString()));
      process =
          new ProcessBuilder(command)
              .directory(Product.WORK.toFile())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      lines = process.inputReader(UTF_8);
      // The first result comes without a request.
      next();
    }

    private List<String> next() throws IOException {
      List<String> text = new ArrayList<>();
      for (String line = lines.readLine(); ; line = lines.readLine()) {
        assertThat(line).as("the reader's next line").isNotNull();
        if (line.equals("# END")) {
          return text;
        }
        text.add(line);
      }
    }

    List<String> read() throws IOException {
      process.getOutputStream().write('\n');
      process.getOutputStream().flush();
      return next();
    }

    /** Reads until the results contain a line. */
    List<String> readUntil(String wanted) throws IOException {
      long deadline = System.nanoTime() + Product.MAY_TAKE.toNanos();
      List<String> text = read();
      while (!text.contains(wanted)) {
        assertThat(System.nanoTime() - deadline).as(wanted + " came").isNegative();
        text = read();
      }
      return text;
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }

  @Test
  @Tag("vm")
  void aProcessWithoutCapabilitiesReadsTheSame() throws Exception {
    needsSetpriv();
    try (ExporterProcess exporter = start(CONFIGS, NO_CAPABILITIES);
        Reader reader = new Reader(pins)) {
      Map<String, Long> before = counters(exporter.get("/metrics").lines());
      Map<String, Long> pinned = counters(reader.read().stream());
      Map<String, Long> after = counters(exporter.get("/metrics").lines());

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
      assertThat(reader.read()).contains("ebpf_exporter_pinned_up 0");
    }
    assertThat(pins).doesNotExist();
  }

  @Test
  @Tag("vm")
  @SuppressWarnings("try") // it is killed in the middle
  void aReaderFollowsExportersAsTheyComeAndGo() throws Exception {
    needsSetpriv();
    try (ExporterProcess exporter = start(CONFIGS, NO_CAPABILITIES);
        Reader reader = new Reader(pins)) {
      assertThat(counters(reader.readUntil("ebpf_exporter_pinned_up 1").stream())).isNotEmpty();
      exporter.close();
      assertThat(pins).as("it was killed and could not remove anything").isNotEmptyDirectory();
      assertThat(counters(reader.readUntil("ebpf_exporter_pinned_up 0").stream()))
          .as("values that stand still")
          .isEmpty();

      try (ExporterProcess next = start("--config.names=syscalls")) {
        assertThat(next.log())
            .anyMatch(
                line -> line.endsWith("removed the maps of 2 configs that a former exporter left"));
        assertThat(counters(reader.readUntil("ebpf_exporter_pinned_up 1").stream()).keySet())
            .isNotEmpty()
            .allMatch(series -> series.startsWith("ebpf_exporter_syscalls"));
        next.stop();
      }
    }
  }

  /**
   * Readers in any language only need a file: no library, no capability, no system call for BPF.
   */
  @Test
  void rowsAreFiles() throws Exception {
    needsSetpriv();
    try (ExporterProcess exporter = start(CONFIGS, NO_CAPABILITIES)) {
      assertThat(text("configs")).isEqualTo("percpu-softirq\nsyscalls");
      assertThat(text("percpu-softirq/config-yaml")).contains("name: softirqs_total");
      Matcher shape =
          Pattern.compile(
                  "name=softirqs_total key_size=4 value_size=8 per_cpu=true values=([0-9]+)"
                      + " max_entries=[0-9]+ can_fill=false\n")
              .matcher(text("percpu-softirq/shapes"));
      assertThat(shape.matches()).as(text("percpu-softirq/shapes")).isTrue();
      int cpus = Integer.parseInt(shape.group(1));
      assertThat(cpus).isGreaterThanOrEqualTo(Runtime.getRuntime().availableProcessors());

      Map<Integer, Long> before = softirqs(exporter);
      ByteBuffer rows = file("percpu-softirq/rows/softirqs_total");
      Map<Integer, Long> after = softirqs(exporter);
      Map<Integer, Long> sums = new TreeMap<>();
      while (rows.hasRemaining()) {
        int key = rows.getInt();
        for (int cpu = 0; cpu < cpus; cpu++) {
          sums.merge(key, rows.getLong(), Long::sum);
        }
      }
      assertThat(sums).hasSameSizeAs(before);
      assertThat(sums)
          .allSatisfy(
              (key, sum) ->
                  assertThat(sum).as("row " + key).isBetween(before.get(key), after.get(key)));

      ByteBuffer heartbeat = file("heartbeat");
      long heard = heartbeat.getLong();
      assertThat(heartbeat.getLong() - heard).isBetween(0L, Product.MAY_TAKE.toNanos());
      exporter.stop();
    }
  }

  @Test
  void nobodyElseCanWriteAndAGroupMayBeAllThatReads() throws Exception {
    needsSetpriv();
    try (ExporterProcess exporter = start(CONFIGS, "--pin.group=daemon")) {
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
      try (Reader reader = new Reader(pins)) {
        assertThat(counters(reader.read().stream())).isEmpty();
      }
      exporter.stop();
    }
  }

  @Test
  void addressesOfTheKernelAreForAGroupOnly() {
    try (ExporterProcess exporter = start("--config.names=timers,syscalls")) {
      assertThat(exporter.log())
          .filteredOn(line -> line.contains("timers"))
          .singleElement()
          .asString()
          .endsWith(
              pins
                  + ": not pinned, for everyone could read the kernel's addresses there: timers;"
                  + " --pin.group says who may");
      assertThat(pins.resolve("timers")).doesNotExist();
      assertThat(pins.resolve("syscalls")).isDirectory();
      exporter.stop();
    }
    try (ExporterProcess exporter = start("--config.names=timers", "--pin.group=daemon")) {
      assertThat(pins.resolve("timers")).isDirectory();
      exporter.stop();
    }
    assertThat(pins).doesNotExist();
  }

  @Test
  void theFolderOfAnotherIsRefused() {
    try (ExporterProcess exporter = start(CONFIGS)) {
      assertThat(Product.run("--pin=" + pins, "--web.listen-address=127.0.0.1:0").refused(1).err())
          .contains("--pin: " + pins + ": another exporter pins its maps there");
      assertThat(exporter.get("/")).isNotEmpty();
      exporter.stop();
    }
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
    Path link = Files.createSymbolicLink(mount.resolve("link"), strangers);
    assertThat(refused(link)).contains("--pin: " + link + " is no folder");
  }

  private static void needsSetpriv() {
    Machine.needs(Files.isExecutable(SETPRIV), "no " + SETPRIV + " (package util-linux)");
  }

  /** Starts an exporter that pins; skips the test if the kernel denies it. */
  private ExporterProcess start(String... flags) {
    try {
      return ExporterProcess.start(
          Stream.concat(Stream.of("--pin=" + pins), Stream.of(flags)).toArray(String[]::new));
    } catch (AssertionError e) {
      // The kernels of the virtual machines allow it, so there the test must not be skipped.
      String reason = String.valueOf(e.getMessage());
      boolean refused = reason.contains("EPERM") && reason.contains("iterators");
      assumeFalse(refused && System.getenv(REQUIRED) == null, "the kernel lets nobody pin rows");
      throw e;
    }
  }

  private static String refused(Path pins) {
    return Product.run("--pin=" + pins, "--config.names=timers", "--web.listen-address=127.0.0.1:0")
        .refused(1)
        .err();
  }

  private String text(String file) throws Exception {
    return new String(nobody("cat", pins.resolve(file).toString()), UTF_8);
  }

  private ByteBuffer file(String file) throws Exception {
    return ByteBuffer.wrap(nobody("cat", pins.resolve(file).toString()))
        .order(ByteOrder.nativeOrder());
  }

  /** Returns counts by the softirq's number, summed over all CPUs. */
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

  /** Returns the counters of the tested configs, by series. */
  private static Map<String, Long> counters(Stream<String> exposition) {
    Map<String, Long> values = new TreeMap<>();
    exposition
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
