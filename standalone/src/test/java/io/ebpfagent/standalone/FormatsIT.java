// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The two formats of a scrape in detail, and how a scraper gets the one it wants. */
@ProductTest
class FormatsIT {
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  /** An array has all its rows from the start, so these labels exist. */
  private static final String AWKWARD =
      """
      metrics:
        counters:
          - name: array_u64
            help: "No _total, a \\\\ backslash, \\"quotes\\" and\\na line break"
            labels:
              - name: text
                size: 4
                decoders:
                  - name: uint
                  - name: static_map
                    static_map:
                      0: 'a "quoted" word'
                      1: 'C:\\dir\\n'
                      2: "two\\nlines"
                      3: "ünïcödé 🐝"
                      4: "{le=\\"1\\"} 5 # HELP"
                      5: " "
                    allow_unknown: true
      """;

  @TempDir static Path dir;
  private static ExporterProcess exporter;

  @BeforeAll
  static void start() throws IOException {
    for (String name :
        List.of("timers", "percpu-softirq", "softirq-latency", "softirq-latency-net-rx")) {
      for (String file : List.of(name + ".yaml", name + ".bpf.o")) {
        Files.copy(Product.examples().resolve(file), dir.resolve(file));
      }
    }
    Files.writeString(dir.resolve("awkward.yaml"), AWKWARD);
    Files.write(dir.resolve("awkward.bpf.o"), Product.testObject("maps-only"));
    exporter = ExporterProcess.start("--config.dir=" + dir);
  }

  @AfterAll
  static void stop() {
    try (ExporterProcess running = exporter) {
      running.stop();
    }
  }

  @Test
  void prometheusGetsOpenMetrics() {
    HttpResponse<byte[]> response = scrape(ExporterProcess.PROMETHEUS_ACCEPT, null);
    assertThat(response.headers().firstValue("Content-Type")).hasValue(OPEN_METRICS);
    assertThat(response.headers().firstValue("Vary")).hasValue("Accept, Accept-Encoding");
    Exposition scrape = Exposition.openMetrics(response.body());

    Exposition.Family timers = scrape.family("ebpf_exporter_timer_starts");
    assertThat(timers.type()).isEqualTo("counter");
    assertThat(timers.samples)
        .isNotEmpty()
        .allMatch(sample -> sample.name().equals("ebpf_exporter_timer_starts_total"));
    assertThat(scrape.family("ebpf_exporter_array_u64").type()).isEqualTo("unknown");
    assertThat(scrape.samples("ebpf_exporter_array_u64")).hasSize(8);
    assertThat(scrape.family("ebpf_exporter_softirq_entry_latency_seconds").type())
        .isEqualTo("histogram");
    assertThat(scrape.families())
        .containsKeys("jvm_memory_used_bytes", "process_start_time_seconds");
  }

  @Test
  void textForEverybodyElse() {
    HttpResponse<byte[]> response = scrape(null, null);
    assertThat(response.headers().firstValue("Content-Type")).hasValue(TEXT);
    Exposition scrape = Exposition.text(response.body());

    assertThat(scrape.family("ebpf_exporter_timer_starts_total").type()).isEqualTo("counter");
    assertThat(scrape.family("ebpf_exporter_array_u64").type()).isEqualTo("counter");
    assertThat(scrape.family("ebpf_exporter_softirq_entry_latency_seconds").type())
        .isEqualTo("histogram");
  }

  @Test
  void textIsEscaped() {
    byte[] text = scrape(null, null).body();
    byte[] openMetrics = scrape(ExporterProcess.PROMETHEUS_ACCEPT, null).body();
    for (Exposition scrape : List.of(Exposition.text(text), Exposition.openMetrics(openMetrics))) {
      assertThat(scrape.samples("ebpf_exporter_array_u64"))
          .extracting(sample -> sample.labels().get("text"))
          .containsExactlyInAnyOrder(
              "a \"quoted\" word",
              "C:\\dir\\n",
              "two\nlines",
              "ünïcödé 🐝",
              "{le=\"1\"} 5 # HELP",
              " ",
              "6",
              "7");
    }
    String help = "No _total, a \\\\ backslash, %s and\\na line break";
    assertThat(Exposition.text(text).family("ebpf_exporter_array_u64").comments)
        .containsEntry("HELP", help.formatted("\"quotes\""));
    assertThat(Exposition.openMetrics(openMetrics).family("ebpf_exporter_array_u64").comments)
        .containsEntry("HELP", help.formatted("\\\"quotes\\\""));
  }

  /** Two configs share a family, with different labels. */
  @Test
  void oneFamilyOfTwoConfigs() {
    assertThat(exporter.scrape().samples("ebpf_exporter_softirq_raised_total"))
        .extracting(sample -> sample.labels().keySet())
        .contains(Set.of("kind"), Set.of());
  }

  /** A Prometheus that changes its preferred format must find the same series. */
  @Test
  void bothFormatsHaveTheSameSeries() {
    Exposition text = Exposition.text(scrape(null, null).body());
    Exposition openMetrics =
        Exposition.openMetrics(scrape(ExporterProcess.PROMETHEUS_ACCEPT, null).body());
    assertThat(bounds(openMetrics)).isNotEmpty().isEqualTo(bounds(text));
    assertThat(bounds(text).get("ebpf_exporter_softirq_entry_latency_seconds"))
        .startsWith("1e-06", "2e-06", "4e-06", "8e-06", "1.6e-05", "3.2e-05", "6.4e-05", "0.000128")
        .endsWith("+Inf");
    assertThat(ours(openMetrics)).hasSizeGreaterThan(10).isEqualTo(ours(text));
  }

  private static Set<String> ours(Exposition scrape) {
    return scrape.families().values().stream()
        .flatMap(family -> family.samples.stream())
        .map(Exposition.Sample::name)
        .filter(name -> name.startsWith("ebpf_exporter_"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Map<String, List<String>> bounds(Exposition scrape) {
    Map<String, List<String>> bounds = new TreeMap<>();
    for (Exposition.Family family : scrape.families().values()) {
      if (family.type().equals("histogram") && !family.samples.isEmpty()) {
        bounds.put(
            family.name,
            family.samples.stream()
                .map(sample -> sample.labels().getOrDefault("le", ""))
                .takeWhile(le -> !le.isEmpty())
                .toList());
      }
    }
    return bounds;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          application/openmetrics-text                               | openmetrics
          application/openmetrics-text;version=1.0.0                 | openmetrics
          APPLICATION/OpenMetrics-Text ; version=1.0.0               | openmetrics
          application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2 | openmetrics
          text/plain;version=0.0.4;q=0.5,*/*;q=0.4                   | text
          text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5 | text
          application/openmetrics-text;q=0                           | text
          */*                                                        | text
          text/html,application/xhtml+xml,*/*;q=0.8                  | text
          ;;,=q;q=                                                   | text
          """)
  void negotiation(String accept, String format) {
    assertThat(scrape(accept, null).headers().firstValue("Content-Type"))
        .hasValue(format.equals("text") ? TEXT : OPEN_METRICS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          gzip                | true
          deflate, GZIP;q=0.5 | true
          identity            | false
          gzip;q=0            | false
          br                  | false
          """)
  void gzip(String acceptEncoding, boolean zipped) throws IOException {
    HttpResponse<byte[]> response = scrape(ExporterProcess.PROMETHEUS_ACCEPT, acceptEncoding);
    byte[] body = response.body();
    if (zipped) {
      assertThat(response.headers().firstValue("Content-Encoding")).hasValue("gzip");
      body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
      assertThat(response.body().length).isLessThan(body.length / 3);
    } else {
      assertThat(response.headers().firstValue("Content-Encoding")).isEmpty();
    }
    assertThat(Exposition.openMetrics(body).samples("ebpf_exporter_timer_starts_total"))
        .isNotEmpty();
  }

  private static HttpResponse<byte[]> scrape(
      @Nullable String accept, @Nullable String acceptEncoding) {
    var request = exporter.request("/metrics");
    if (accept != null) {
      request.header("Accept", accept);
    }
    if (acceptEncoding != null) {
      request.header("Accept-Encoding", acceptEncoding);
    }
    HttpResponse<byte[]> response = exporter.send(request);
    assertThat(response.statusCode()).isEqualTo(200);
    return response;
  }
}
