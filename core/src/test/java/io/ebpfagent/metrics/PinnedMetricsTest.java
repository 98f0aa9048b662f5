// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.log.Log;
import io.ebpfagent.rows.PinnedTree;
import io.ebpfagent.rows.RowShape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PinnedMetricsTest {
  private static final String YAML =
      """
      metrics:
        counters:
          - name: hits_total
            help: Hits.
            labels:
              - {name: port, size: 2, decoders: [{name: uint}]}
          - name: events_total
            help: Events, which are in no map that has rows.
            perf_event_array: true
            labels:
              - {name: port, size: 2, decoders: [{name: uint}]}
      tracing:
        spans:
          - name: hit
            ringbuf: hits
            service: test
            labels:
              - {name: trace_id, size: 16, decoders: [{name: hex}]}
              - {name: parent_span_id, size: 8, decoders: [{name: hex}]}
              - {name: span_monotonic_timestamp_ns, size: 8, decoders: [{name: uint}]}
              - {name: span_duration_ns, size: 8, decoders: [{name: uint}]}
      """;
  private static final String METRICS_ONLY = YAML.substring(0, YAML.indexOf("tracing:"));

  private static final RowShape SHAPE = new RowShape("hits_total", 2, false, 1, 3, true);

  @TempDir Path dir;

  private final List<String> lines = new ArrayList<>();
  private final Log log = (level, message, thrown) -> lines.add(level + " " + message);

  private PinnedTree tree;

  @BeforeEach
  void pin() {
    tree = new PinnedTree(dir);
  }

  private static byte[] rows(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * 10).order(ByteOrder.nativeOrder());
    for (int i = 0; i < values.length; i++) {
      bytes.putShort((short) (80 + i)).putLong(values[i]);
    }
    return bytes.array();
  }

  private static String text(PinnedMetrics metrics) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    metrics.write(out, TextFormat.PROMETHEUS);
    return out.toString(UTF_8);
  }

  private static List<String> series(PinnedMetrics metrics, String name) throws IOException {
    return text(metrics)
        .lines()
        .filter(line -> line.startsWith("ebpf_exporter_" + name))
        .map(line -> line.substring("ebpf_exporter_".length()))
        .toList();
  }

  @Test
  void rowsAreSeries() throws IOException {
    tree.config("web", METRICS_ONLY, SHAPE);
    tree.rows("web", "hits_total", rows(5, 7));
    PinnedMetrics metrics = PinnedMetrics.open(dir, log);

    assertThat(series(metrics, "hits_total"))
        .containsExactly("hits_total{port=\"80\"} 5", "hits_total{port=\"81\"} 7");
    assertThat(text(metrics)).doesNotContain("events_total");
    assertThat(series(metrics, "pinned_")).contains("pinned_up 1", "pinned_age_seconds 0");
    assertThat(series(metrics, "enabled_configs"))
        .containsExactly("enabled_configs{name=\"web\"} 1");
    assertThat(metrics.stale()).isFalse();
    assertThat(metrics.age()).contains(Duration.ZERO);
    assertThat(metrics.failures()).isEmpty();
    assertThat(metrics.getMetricFamilyDescriptors())
        .anyMatch(family -> family.getPrometheusName().startsWith("ebpf_exporter_hits"));
    assertThat(metrics.collect(name -> name.equals("ebpf_exporter_hits_total")).size()).isOne();

    tree.rows("web", "hits_total", rows(6, 7, 1));
    assertThat(series(metrics, "hits_total")).hasSize(3).contains("hits_total{port=\"80\"} 6");
    assertThat(series(metrics, "map_full"))
        .containsExactly("map_full{config=\"web\",map=\"hits_total\"} 1");
  }

  @Test
  void metricsAreReadOneByOne() throws IOException {
    tree.config("web", METRICS_ONLY, SHAPE);
    tree.rows("web", "hits_total", rows(5, -1));
    PinnedMetrics metrics = PinnedMetrics.open(dir, log);
    ConfigMetric hits = new ConfigMetric("web", "hits_total", "Hits.", false, List.of("port"));
    assertThat(metrics.perConfig()).containsExactly(hits);

    Map<List<String>, Long> seen = new TreeMap<>(Comparator.comparing(List::toString));
    SeriesVisitor visitor =
        new SeriesVisitor() {
          @Override
          public void counter(List<String> labels, long value) {
            seen.put(labels, value);
          }

          @Override
          public void histogram(List<String> labels, double[] bounds, long[] counts, double sum) {
            throw new AssertionError("it is a counter");
          }
        };
    assertThat(metrics.visit(hits, visitor)).isTrue();
    assertThat(seen).isEqualTo(Map.of(List.of("80"), 5L, List.of("81"), -1L));

    tree.remove("web");
    assertThat(metrics.perConfig()).isEmpty();
    assertThat(metrics.visit(hits, visitor)).isFalse();
  }

  @Test
  void spansOfAConfigAreLeftOut() throws IOException {
    tree.config("web", YAML, SHAPE);
    tree.rows("web", "hits_total", rows(5));
    assertThat(series(PinnedMetrics.open(dir, log), "hits_total"))
        .containsExactly("hits_total{port=\"80\"} 5");
  }

  @Test
  void valuesOfAPerCpuMapAreAddedUp() throws IOException {
    tree.config("web", METRICS_ONLY, new RowShape("hits_total", 2, true, 3, 3, true));
    ByteBuffer row = ByteBuffer.allocate(26).order(ByteOrder.nativeOrder());
    row.putShort((short) 80).putLong(1).putLong(10).putLong(100);
    tree.rows("web", "hits_total", row.array());
    assertThat(series(PinnedMetrics.open(dir, log), "hits_total"))
        .containsExactly("hits_total{port=\"80\"} 111");
  }

  @Test
  void eachCpuIsASeriesWhereALabelSaysSo() throws IOException {
    String yaml =
        METRICS_ONLY.replaceFirst(
            "(?m)^( *- \\{name: port.*)$",
            "$1\n        - {name: cpu, size: 2, decoders: [{name: uint}]}");
    tree.config("web", yaml, new RowShape("hits_total", 2, true, 2, 3, true));
    ByteBuffer row = ByteBuffer.allocate(18).order(ByteOrder.nativeOrder());
    row.putShort((short) 80).putLong(1).putLong(10);
    tree.rows("web", "hits_total", row.array());
    assertThat(series(PinnedMetrics.open(dir, log), "hits_total"))
        .containsExactly(
            "hits_total{port=\"80\",cpu=\"0\"} 1", "hits_total{port=\"80\",cpu=\"1\"} 10");
  }

  @Test
  void thereNeedNotBeAnythingYet() throws IOException {
    tree.removeAll();
    PinnedMetrics metrics = PinnedMetrics.open(dir, log);
    assertThat(metrics.stale()).isTrue();
    assertThat(metrics.age()).isEmpty();
    assertThat(series(metrics, "pinned_"))
        .containsExactly("pinned_up 0", "pinned_unreadable_configs 0");
    assertThat(series(metrics, "pinned_")).isNotEmpty();
    assertThat(lines)
        .containsExactly(
            "WARNING " + dir + ": no metrics, " + dir.resolve("heartbeat") + ": it is not there");

    tree.heard(0);
    tree.config("web", METRICS_ONLY, SHAPE);
    tree.rows("web", "hits_total", rows(5));
    assertThat(series(metrics, "hits_total")).containsExactly("hits_total{port=\"80\"} 5");
    assertThat(metrics.stale()).isFalse();
    assertThat(lines).last().isEqualTo("INFO " + dir + ": metrics of 1 configs");
  }

  @Test
  void valuesOfADaemonThatIsGoneAreNoSeries() throws IOException {
    tree.config("web", METRICS_ONLY, SHAPE);
    tree.rows("web", "hits_total", rows(5));
    PinnedMetrics metrics = PinnedMetrics.open(dir, log);
    assertThat(series(metrics, "hits_total")).hasSize(1);

    tree.heard(Duration.ofSeconds(11).toNanos());
    assertThat(text(metrics)).doesNotContain("hits_total");
    assertThat(metrics.collect().stream())
        .noneMatch(family -> family.getMetadata().getName().contains("hits"));
    assertThat(series(metrics, "pinned_")).contains("pinned_up 0", "pinned_age_seconds 11");
    assertThat(metrics.stale()).isTrue();
    assertThat(metrics.age()).contains(Duration.ofSeconds(11));
    assertThat(lines)
        .last()
        .isEqualTo(
            "WARNING " + dir + ": no metrics, nothing is heard of the exporter that pinned them");

    tree.heard(0);
    assertThat(series(metrics, "hits_total")).as("it was only slow").hasSize(1);
  }

  @Test
  void aScrapeDuringWhichTheDaemonIsLostAgreesWithItself() throws IOException {
    tree.config("web", METRICS_ONLY, SHAPE);
    tree.rows("web", "hits_total", rows(5));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PinnedMetrics.open(dir, log)
        .write(
            out,
            TextFormat.PROMETHEUS,
            name -> {
              tree.heard(Duration.ofSeconds(11).toNanos());
              return true;
            });
    assertThat(out.toString(UTF_8)).contains("hits_total{port=\"80\"} 5").contains("pinned_up 1\n");
  }

  @Test
  void aDaemonThatIsStartedAgainIsFollowed() throws IOException {
    tree.config("web", METRICS_ONLY, SHAPE);
    tree.rows("web", "hits_total", rows(5));
    PinnedMetrics metrics = PinnedMetrics.open(dir, log);
    assertThat(series(metrics, "hits_total")).containsExactly("hits_total{port=\"80\"} 5");

    tree.removeAll();
    assertThat(series(metrics, "hits_total")).isEmpty();

    // Another label, of another size.
    tree.heard(0);
    tree.config(
        "web",
        METRICS_ONLY.replaceFirst("port, size: 2", "host, size: 4"),
        new RowShape("hits_total", 4, false, 1, 3, true));
    tree.rows(
        "web",
        "hits_total",
        ByteBuffer.allocate(12).order(ByteOrder.nativeOrder()).putInt(9).putLong(1).array());
    assertThat(series(metrics, "hits_total")).containsExactly("hits_total{host=\"9\"} 1");
  }

  @Test
  void configsComeAndGo() throws IOException {
    tree.config("web", METRICS_ONLY, SHAPE);
    tree.rows("web", "hits_total", rows(5));
    PinnedMetrics metrics = PinnedMetrics.open(dir, log);
    String other = METRICS_ONLY.replace("hits_total", "misses_total");
    tree.config("other", other, new RowShape("misses_total", 2, false, 1, 3, true));
    tree.rows("other", "misses_total", rows(1));
    assertThat(series(metrics, "misses_total")).containsExactly("misses_total{port=\"80\"} 1");
    assertThat(series(metrics, "hits_total")).hasSize(1);
    tree.remove("web");
    assertThat(series(metrics, "misses_total")).hasSize(1);
    assertThat(series(metrics, "hits_total")).isEmpty();
  }

  @Test
  void whatIsBrokenIsToldAndLeavesTheOthers() throws IOException {
    tree.config("web", METRICS_ONLY, SHAPE);
    tree.rows("web", "hits_total", rows(5));
    tree.config("text", "metrics: {counters: [{name: }]}");
    tree.config("size", METRICS_ONLY, new RowShape("hits_total", 6, false, 1, 3, true));
    tree.config("files", METRICS_ONLY, SHAPE);
    Files.delete(dir.resolve("files/shapes"));
    PinnedMetrics metrics = PinnedMetrics.open(dir, log);

    assertThat(series(metrics, "hits_total")).containsExactly("hits_total{port=\"80\"} 5");
    assertThat(series(metrics, "pinned_unreadable_configs"))
        .containsExactly("pinned_unreadable_configs 3");
    assertThat(metrics.failures())
        .hasSize(3)
        .anyMatch(failure -> failure.startsWith(dir + "/text/config-yaml:1: "))
        .contains("size: the labels of hits_total take 2 bytes, its keys have 6")
        .contains(dir + "/files/shapes: it is not there");
    int said = lines.size();
    assertThat(series(metrics, "hits_total")).hasSize(1);
    assertThat(lines).as("each said once").hasSize(said);
  }

  @Test
  void rowsThatAreCutShortAreCountedAndThoseBeforeKept() throws IOException {
    tree.config("web", METRICS_ONLY, SHAPE);
    byte[] bytes = rows(5, 7);
    tree.rows("web", "hits_total", Arrays.copyOf(bytes, bytes.length - 3));
    PinnedMetrics metrics = PinnedMetrics.open(dir, log);
    assertThat(series(metrics, "hits_total")).isNotEmpty();
    assertThat(series(metrics, "map_read_errors_total{"))
        .containsExactly("map_read_errors_total{config=\"web\"} 2");
    assertThat(lines).anyMatch(line -> line.contains("its last row is cut short, 7 of 10 bytes"));
  }
}
