// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code --capabilities.keep}, checked from outside by the kernel's information about the threads.
 */
@ProductTest
class CapabilitiesIT {
  private static final String NOTHING = "0000000000000000";

  /** Timers uses the decoder ksym; softirq-latency uses no decoder that needs the kernel. */
  private static final String CONFIGS = "--config.names=timers,softirq-latency";

  @Test
  @Tag("vm")
  void noneIsLeftOnAnyThreadAndScrapesGoOn() {
    try (ExporterProcess exporter = ExporterProcess.start(CONFIGS, "--capabilities.keep=none")) {
      assertEveryThreadHas(exporter.pid(), NOTHING);
      assertThat(exporter.log()).anyMatch(line -> line.endsWith("capabilities kept: none"));

      // Nothing was scraped before, so these symbols come from a file that was opened as root.
      List<String> timers =
          exporter
              .get("/metrics")
              .lines()
              .filter(line -> line.startsWith("ebpf_exporter_timer_starts_total{"))
              .toList();
      assertThat(timers).isNotEmpty().noneMatch(line -> line.contains("unknown_addr"));
      assertThat(exporter.get("/metrics"))
          .contains("ebpf_exporter_softirq_entry_latency_seconds_bucket");
      // The threads that answered are new ones.
      assertEveryThreadHas(exporter.pid(), NOTHING);
      exporter.stop();
    }
  }

  @Test
  void theNamedOnesAreKept() {
    try (ExporterProcess exporter =
        ExporterProcess.start(CONFIGS, "--capabilities.keep=CAP_SYSLOG,cap_perfmon")) {
      assertEveryThreadHas(exporter.pid(), "0000004400000000");
      assertThat(exporter.log())
          .anyMatch(line -> line.endsWith("capabilities kept: CAP_SYSLOG, CAP_PERFMON"));
      exporter.stop();
    }
  }

  /** The system's libbpf would not have our function, either. */
  @Test
  void aLibraryThatCanNotDropThemIsNoReasonToKeepThem(@TempDir Path dir) throws IOException {
    Path library = Files.write(dir.resolve("libbpf.so"), libraryWithout("keep_capabilities"));
    Product.Run run =
        Product.run(
            Map.of("EBPF_AGENT_LIBBPF", library.toString()),
            List.of(CONFIGS, "--capabilities.keep=none", "--web.listen-address=127.0.0.1:0"));
    assertThat(run.refused(1).err())
        .contains("--capabilities.keep=none: drop capabilities")
        .contains(library.toString())
        .contains("BUILD_LIBBPF=0");
  }

  /** Returns the bundled library with a function renamed. */
  private static byte[] libraryWithout(String function) throws IOException {
    String architecture = System.getProperty("os.arch").replace("amd64", "x86_64");
    String bundled = "/native/linux-" + architecture + "/libbpf.so";
    try (InputStream in = CapabilitiesIT.class.getResourceAsStream(bundled)) {
      assumeTrue(in != null, "built with BUILD_LIBBPF=0: there is no " + bundled);
      String bytes = new String(in.readAllBytes(), ISO_8859_1);
      assertThat(bytes).contains(function);
      return bytes.replace(function, "x".repeat(function.length())).getBytes(ISO_8859_1);
    }
  }

  @Test
  void namesAreChecked() {
    assertThat(Product.run("--capabilities.keep=cap_bfp").refused(2).err())
        .contains("--capabilities.keep=cap_bfp: no capability \"cap_bfp\"; did you mean cap_bpf?");
  }

  private static void assertEveryThreadHas(long pid, String mask) {
    Map<String, String> kept = new TreeMap<>();
    Map<Path, Map<String, String>> threads = threads(pid);
    assertThat(threads).hasSizeGreaterThan(5);
    threads.forEach(
        (thread, status) ->
            kept.put(
                thread.getFileName().toString(),
                Stream.of("CapPrm", "CapEff", "CapBnd", "CapInh", "CapAmb")
                    .map(status::get)
                    .collect(Collectors.joining(" "))));
    String expected = String.join(" ", mask, mask, mask, NOTHING, NOTHING);
    assertThat(kept).allSatisfy((thread, sets) -> assertThat(sets).isEqualTo(expected));
  }

  private static Map<Path, Map<String, String>> threads(long pid) {
    Map<Path, Map<String, String>> threads = new TreeMap<>();
    try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
      for (Path task : tasks.toList()) {
        try {
          threads.put(task, Machine.status(task));
        } catch (NoSuchFileException ended) {
          // A thread that has ended has no capabilities.
        }
      }
      return threads;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
