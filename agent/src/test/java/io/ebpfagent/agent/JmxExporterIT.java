// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same file in jmx_exporter's agent and in ours, side by side in one JVM: the same names and
 * labels come out.
 */
@Tag("jvm")
final class JmxExporterIT {
  private static final String THEIRS = System.getProperty("ebpfagent.jmxExporter", "");

  /** Captures, factors, includes, snake case, labels and values of a pattern's groups. */
  private static final String CAPTURES =
      """
      lowercaseOutputName: true
      lowercaseOutputLabelNames: true
      includeObjectNames: ["java.lang:*", "java.nio:*"]
      excludeObjectNames: ["java.lang:type=Compilation"]
      rules:
        - pattern: 'java.lang<type=(\\w+), name=(.*)><(\\w+)>(\\w+):'
          name: Pool_$1_$3_$4
          type: GAUGE
          help: "Of $2."
          labels: {Pool: "$2"}
        - pattern: 'java.lang<type=Runtime><>Uptime: (\\d+)'
          name: uptime_seconds
          value: $1
          valueFactor: 0.001
          type: COUNTER
        - pattern: 'java.lang<type=Threading><>(\\w+)'
          attrNameSnakeCase: true
          name: threading_$1
        - pattern: 'java.nio.*'
      """;

  /** The names that keys had once. */
  private static final String OLD =
      """
      lowercaseOutputName: false
      whitelistObjectNames: ["java.lang:type=OperatingSystem", "java.lang:type=Memory"]
      blacklistObjectNames: ["java.lang:type=Memory"]
      """;

  /** All there is, by the usual names. */
  private static final String ALL = "startDelaySeconds: 0\nrules:\n  - pattern: '.*'\n";

  @ParameterizedTest
  @ValueSource(strings = {CAPTURES, OLD, ALL})
  void theSameSeriesComeOut(String rules) throws Exception {
    KernelIsThere.needed(!THEIRS.isEmpty(), "no jmx_prometheus_javaagent");
    try (WorkFolder work = new WorkFolder()) {
      Path file = work.write("jmx.yaml", rules);
      int port = freePort();
      try (HostJvm host =
          HostJvm.builder()
              .options("-javaagent:" + THEIRS + "=127.0.0.1:" + port + ":" + file)
              .options(HostJvm.NATIVE_ACCESS)
              .agent(
                  "127.0.0.1:0:" + work.write("ours.yaml", rules + "ebpf: {configs: [timers]}\n"))
              .start()) {
        host.untilUp();
        host.scrapeUntil("jmx_scrape_error 0.0", "jvm_threads_current ");
        String theirUrl = "http://127.0.0.1:" + port + "/metrics";
        // Both make series as they run: of buffers, pools and their own threads.
        Set<String> differences = host.until(() -> differences(host, theirUrl), Set::isEmpty);
        assertThat(differences).isEmpty();
        assertThat(series(host.scrape())).hasSizeGreaterThan(40);
        host.stop();
      }
    }
  }

  private static Set<String> differences(HostJvm host, String theirUrl) {
    Set<String> theirs = series(get(host, theirUrl));
    Set<String> ours = series(host.scrape());
    Set<String> differences = new TreeSet<>();
    theirs.stream().filter(one -> !ours.contains(one)).forEach(one -> differences.add("- " + one));
    ours.stream().filter(one -> !theirs.contains(one)).forEach(one -> differences.add("+ " + one));
    return theirs.isEmpty() ? Set.of("nothing of theirs") : differences;
  }

  private static String get(HostJvm host, String url) {
    try {
      HttpResponse<byte[]> response = host.send(host.request(url));
      assertThat(response.statusCode()).isEqualTo(200);
      return new String(response.body(), StandardCharsets.UTF_8);
    } catch (ConnectException e) {
      return "";
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Names and labels, without what one of the two has of itself. */
  private static Set<String> series(String text) {
    return text.lines()
        .filter(line -> !line.startsWith("#") && !line.isBlank())
        .map(line -> line.substring(0, line.lastIndexOf(' ')))
        // Ours, which ours does not show by way of JMX.
        .filter(name -> !name.startsWith("ebpf_"))
        .filter(name -> !name.startsWith("jmx_exporter_build_info"))
        // Comes after the first collection, if the counting began before it.
        .filter(name -> !name.startsWith("jvm_memory_pool_allocated_bytes_total"))
        .collect(Collectors.toSet());
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }
}
