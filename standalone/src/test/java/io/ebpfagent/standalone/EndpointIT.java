// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The pages, their methods and their status codes. */
@ProductTest
class EndpointIT {
  @Test
  void pages() {
    try (ExporterProcess exporter = ExporterProcess.start("--config.names=timers")) {
      assertThat(exporter.telemetryPath()).isEqualTo("/metrics");
      HttpResponse<byte[]> index = exporter.send(exporter.request("/"));
      assertThat(index.statusCode()).isEqualTo(200);
      assertThat(index.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
      assertThat(new String(index.body(), UTF_8))
          .contains("<a href=\"/metrics\">", "timers", "timer_start", "tp_btf/timer_start");

      for (String absent : List.of("/maps", "/metricsx", "/metrics/", "/favicon.ico")) {
        assertThat(exporter.send(exporter.request(absent)).statusCode()).as(absent).isEqualTo(404);
      }
      exporter.stop();
    }
  }

  @Test
  void methods() {
    try (ExporterProcess exporter = ExporterProcess.start("--config.names=timers")) {
      for (String page : List.of("/metrics", "/")) {
        HttpResponse<byte[]> post =
            exporter.send(exporter.request(page).POST(BodyPublishers.ofString("x")));
        assertThat(post.statusCode()).as(page).isEqualTo(405);
        assertThat(post.headers().firstValue("Allow")).hasValue("GET, HEAD");

        HttpResponse<byte[]> head = exporter.send(exporter.request(page).HEAD());
        assertThat(head.statusCode()).as(page).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        HttpResponse<byte[]> get = exporter.send(exporter.request(page));
        for (String header : List.of("Content-Type", "Content-Length", "Transfer-Encoding")) {
          assertThat(head.headers().firstValue(header))
              .as(page + " " + header)
              .isEqualTo(get.headers().firstValue(header));
        }
      }
      exporter.stop();
    }
  }

  @Test
  void anotherTelemetryPath() {
    try (ExporterProcess exporter =
        ExporterProcess.start("--config.names=timers", "--web.telemetry-path", "/ebpf/metrics")) {
      assertThat(exporter.telemetryPath()).isEqualTo("/ebpf/metrics");
      assertThat(exporter.scrape().samples("ebpf_exporter_timer_starts_total")).isNotEmpty();
      assertThat(exporter.get("/")).contains("<a href=\"/ebpf/metrics\">");
      assertThat(exporter.send(exporter.request("/metrics")).statusCode()).isEqualTo(404);
      exporter.stop();
    }
  }

  @Test
  void theRootAsTelemetryPath() {
    try (ExporterProcess exporter =
        ExporterProcess.start("--config.names=timers", "--web.telemetry-path=/")) {
      assertThat(exporter.scrape().samples("ebpf_exporter_timer_starts_total")).isNotEmpty();
      assertThat(exporter.send(exporter.request("/metrics")).statusCode()).isEqualTo(404);
      exporter.stop();
    }
  }

  /** A row is a softirq's number in four bytes of host order, its name and a CPU, and the count. */
  @Test
  void mapsInDebugMode() {
    try (ExporterProcess exporter =
        ExporterProcess.start("--config.names=percpu-softirq", "--debug")) {
      assertThat(exporter.log()).anyMatch(line -> line.contains("DEBUG libbpf: "));
      assertThat(exporter.log()).noneMatch(line -> line.contains("libbpf: libbpf: "));
      List<String> lines = exporter.get("/maps").lines().toList();
      assertThat(lines.getFirst()).isEqualTo("# percpu-softirq softirqs_total");
      Pattern row =
          Pattern.compile("([0-9a-f]{8}) .*\\b([A-Z_]+_SOFTIRQ)\\b.*\\b[0-9]+\\b.* ([0-9]+)");
      for (String line : lines.subList(1, lines.size())) {
        Matcher matcher = row.matcher(line);
        assertThat(matcher.matches()).as(line).isTrue();
        if (matcher.group(2).equals("NET_RX_SOFTIRQ")) {
          assertThat(matcher.group(1)).isIn("03000000", "00000003");
        }
      }
      assertThat(lines).hasSizeGreaterThan(10);
      exporter.stop();
    }
  }
}
