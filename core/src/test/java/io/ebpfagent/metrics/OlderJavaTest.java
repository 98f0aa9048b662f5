// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ebpfagent.config.Config;
import io.ebpfagent.log.Log;
import io.ebpfagent.rows.PinnedTree;
import io.ebpfagent.rows.RowShape;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Config, decoders and metrics over row files, on an older Java than the one of the build, by an
 * unprivileged user without capabilities, as most applications run.
 */
final class OlderJavaTest {
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
  private static final Path JVMS = Path.of("/usr/lib/jvm");
  private static final Pattern VERSION = Pattern.compile("(?m)^JAVA_VERSION=\"([0-9]+)");
  private static final int OLDEST = 17;

  /**
   * The newest Java to test with; core works with newer ones because the build's own tests use one.
   */
  private static final int NEWEST = 24;

  private static final String YAML =
      """
      metrics:
        counters:
          - name: packets_total
            help: Packets.
            labels:
              - {name: address, size: 4, decoders: [{name: inet_ip}]}
              - {name: port, size: 2, decoders: [{name: uint}]}
              - {name: kind, size: 2, decoders: [{name: uint}, {name: static_map, static_map: {1: in, 2: out}}]}
              - {name: program, size: 8, decoders: [{name: string}, {name: regexp, regexps: ["^(j.*)$", "^c"]}]}
        histograms:
          - name: latency_seconds
            help: How long it took.
            bucket_type: exp2
            bucket_min: 0
            bucket_max: 3
            bucket_multiplier: 0.000001
            labels:
              - {name: bucket, size: 4, decoders: [{name: uint}]}
      """;

  /** A program in source form, because the test classes are compiled for the build's Java. */
  private static final String PROGRAM =
      """
      public final class PrintPinned {
        public static void main(String[] arguments) throws Exception {
          io.ebpfagent.metrics.PinnedMetrics.open(
                  java.nio.file.Path.of(arguments[0]), io.ebpfagent.log.Log.NONE)
              .write(System.out, io.ebpfagent.metrics.TextFormat.PROMETHEUS);
        }
      }
      """;

  /** A folder that every user may read; a folder made by JUnit is only accessible to its owner. */
  private Path work;

  @BeforeEach
  void makeWork() throws IOException {
    work = Files.createTempDirectory("older-java-");
    Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void removeWork() throws IOException {
    try (Stream<Path> all = Files.walk(work)) {
      for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void readsTheSameAsNobody() throws Exception {
    needs(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "not root");
    needs(Files.isExecutable(SETPRIV), "no " + SETPRIV + " (package util-linux)");
    Optional<Path> java = olderJava();
    needs(java.isPresent(), "no Java from " + OLDEST + " to " + NEWEST + " in " + JVMS);
    Path dir = Files.createDirectory(work.resolve("pins"));
    pin(dir);

    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    PinnedMetrics.open(dir, Log.NONE).write(expected, TextFormat.PROMETHEUS);
    List<String> lines = series(expected.toString(UTF_8));
    assertThat(lines)
        .contains(
            "ebpf_exporter_packets_total{address=\"10.0.0.1\",port=\"443\",kind=\"out\","
                + "program=\"java\"} 18446744073709551615",
            "ebpf_exporter_latency_seconds_bucket{le=\"+Inf\"} 3")
        .hasSize(4 + 7 + 1);
    assertThat(series(run(java.orElseThrow(), dir))).isEqualTo(lines);
  }

  private static void pin(Path dir) {
    PinnedTree tree = new PinnedTree(dir);
    tree.config(
        "net.v4",
        YAML,
        new RowShape("packets_total", 16, false, 1, 10, true),
        new RowShape("latency_seconds", 4, true, 2, 10, true));
    ByteBuffer packets = ByteBuffer.allocate(5 * 24).order(ByteOrder.nativeOrder());
    packet(packets, 443, 2, "java", -1);
    packet(packets, 443, 1, "java", 7);
    packet(packets, 53, 3, "javac", 8);
    packet(packets, 53, 1, "curl", 9);
    packet(packets, 53, 1, "skipped", 10);
    tree.rows("net.v4", "packets_total", packets.array());
    ByteBuffer latency = ByteBuffer.allocate(2 * 20).order(ByteOrder.nativeOrder());
    latency.putInt(1).putLong(1).putLong(1).putInt(2).putLong(0).putLong(1);
    tree.rows("net.v4", "latency_seconds", latency.array());
  }

  private static void packet(ByteBuffer rows, int port, int kind, String program, long value) {
    rows.put(new byte[] {10, 0, 0, 1}).putShort((short) port).putShort((short) kind);
    rows.put(Arrays.copyOf(program.getBytes(UTF_8), 8)).putLong(value);
  }

  /** Returns the series without those that a process measures of itself. */
  private static List<String> series(String exposition) {
    return exposition
        .lines()
        .filter(line -> line.matches("ebpf_exporter_(packets|latency|pinned_up).*"))
        .toList();
  }

  private String run(Path java, Path dir) throws Exception {
    List<String> command =
        List.of(
            SETPRIV.toString(),
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--inh-caps=-all",
            "--bounding-set=-all",
            "--no-new-privs",
            java.toString(),
            "-cp",
            classPath(),
            "PrintPinned",
            dir.toString());
    Path errors = work.resolve("errors");
    Process process =
        new ProcessBuilder(command).directory(work.toFile()).redirectError(errors.toFile()).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    return output;
  }

  /** Copies core, its dependencies and the program; returns the class path. */
  private String classPath() throws Exception {
    List<Path> copies = new ArrayList<>();
    for (Class<?> needed :
        List.of(
            Config.class,
            org.yaml.snakeyaml.LoaderOptions.class,
            com.google.re2j.Pattern.class,
            MetricSnapshots.class,
            io.prometheus.metrics.config.PrometheusProperties.class)) {
      Path source = Path.of(needed.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path copy = work.resolve("classes-" + copies.size());
      try (Stream<Path> all = Files.walk(source)) {
        for (Path file : all.toList()) {
          Files.copy(file, copy.resolve(source.relativize(file).toString()));
        }
      }
      copies.add(copy);
    }
    copies.add(compileProgram());
    return String.join(File.pathSeparator, copies.stream().map(Path::toString).toList());
  }

  private Path compileProgram() throws IOException {
    Path source = Files.writeString(work.resolve("PrintPinned.java"), PROGRAM);
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "--release",
                String.valueOf(OLDEST),
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                source.toString());
    assertThat(result).isZero();
    return work;
  }

  /** Returns the oldest installed Java that core supports. */
  private static Optional<Path> olderJava() throws IOException {
    int best = NEWEST + 1;
    Optional<Path> java = Optional.empty();
    try (Stream<Path> jvms = Files.isDirectory(JVMS) ? Files.list(JVMS) : Stream.empty()) {
      for (Path home : jvms.sorted().toList()) {
        int version = version(home.resolve("release"));
        if (version >= OLDEST && version < best) {
          best = version;
          java = Optional.of(home.resolve("bin/java"));
        }
      }
    }
    return java;
  }

  private static int version(Path release) throws IOException {
    if (!Files.isReadable(release)) {
      return 0;
    }
    Matcher version = VERSION.matcher(Files.readString(release));
    return version.find() ? Integer.parseInt(version.group(1)) : 0;
  }

  /** Skips the test if something is missing, unless the run must not skip. */
  private static void needs(boolean there, String what) {
    if ("1".equals(System.getenv("EBPFAGENT_REQUIRE_KERNEL"))) {
      assertThat(there).as(what).isTrue();
    } else {
      assumeTrue(there, what);
    }
  }
}
