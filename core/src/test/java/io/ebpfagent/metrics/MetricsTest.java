// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static io.ebpfagent.metrics.TableRows.u32s;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.config.Config;
import io.ebpfagent.config.ConfigException;
import io.ebpfagent.config.ConfigLoader;
import io.ebpfagent.config.ObjectSource;
import io.ebpfagent.decode.DecodeContext;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.log.Log;
import io.ebpfagent.rows.ConfigRows;
import io.ebpfagent.rows.RowReadException;
import io.prometheus.metrics.model.registry.MetricType;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Metrics of rows that no kernel would return, and of sources that fail. */
final class MetricsTest {
  private static final String ONE =
      """
      metrics:
        counters:
          - name: one_total
            help: One
            labels: [{name: a, size: 4, decoders: [{name: uint}]}]
      """;

  private final List<String> lines = new ArrayList<>();
  private final Log log = (level, message, thrown) -> lines.add(message);
  private final List<String> names = new ArrayList<>();
  private final List<ConfigMetrics> configs = new ArrayList<>();
  private final List<InfoSource> info = new ArrayList<>();

  private static Config config(String name, String yaml) throws ConfigException {
    return ConfigLoader.load(
        name,
        name + ".yaml",
        new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)),
        ObjectSource.ofFile(Path.of("none")));
  }

  private void add(String name, String yaml, ConfigRows rows) throws ConfigException {
    Decoders decoders = new Decoders(DecodeContext.ofHost());
    names.add(name);
    configs.add(new ConfigMetrics(config(name, yaml), rows, decoders, log));
  }

  private Metrics metrics() {
    return new Metrics(names, configs, info, log);
  }

  private static String text(Metrics metrics) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    metrics.write(out, TextFormat.PROMETHEUS);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static List<String> samples(Metrics metrics, String prefix) throws IOException {
    return text(metrics)
        .lines()
        .filter(line -> line.startsWith("ebpf_exporter_" + prefix))
        .map(line -> line.substring("ebpf_exporter_".length()))
        .toList();
  }

  @Test
  void aSourceThatFailsLeavesTheOthersAndWhatItHadRead() throws Exception {
    List<Throwable> failures =
        List.of(
            new RowReadException("read map one_total: EIO"),
            new IllegalStateException("broken"),
            new OutOfMemoryError("a test's"));
    for (Throwable failure : failures) {
      lines.clear();
      names.clear();
      configs.clear();
      TableRows bad = new TableRows();
      bad.failing("one_total", bad.hash("one_total", 4).row(u32s(1), 5), failure);
      add("bad", ONE, bad);
      TableRows good = new TableRows();
      good.hash("two_total", 4).row(u32s(2), 6);
      add("good", ONE.replace("one_total", "two_total"), good);
      Metrics metrics = metrics();

      assertThat(samples(metrics, "one_total")).containsExactly("one_total{a=\"1\"} 5");
      assertThat(samples(metrics, "two_total")).containsExactly("two_total{a=\"2\"} 6");
      assertThat(samples(metrics, "map_read_errors_total"))
          .containsExactly(
              "map_read_errors_total{config=\"bad\"} 3",
              "map_read_errors_total{config=\"good\"} 0");
      assertThat(metrics.collect("ebpf_exporter_two"::equals).size()).isEqualTo(1);
      assertThat(metrics.collect().size()).isGreaterThan(3);
      assertThat(lines)
          .singleElement()
          .asString()
          .startsWith("bad: ")
          .contains(String.valueOf(failure.getMessage()))
          .endsWith("; more will only be counted");
    }
  }

  @Test
  void anInfoSourceThatFailsLeavesTheOthers() throws Exception {
    info.add(
        sink -> {
          sink.gauge("half", "Half");
          sink.sample(1);
          throw new IllegalStateException("broken");
        });
    info.add(
        sink -> {
          sink.gauge("whole", "Whole");
          sink.sample(2);
        });
    Metrics metrics = metrics();
    assertThat(samples(metrics, "half")).containsExactly("half 1");
    assertThat(samples(metrics, "whole")).containsExactly("whole 2");
    assertThat(metrics.collect().stream())
        .extracting(family -> family.getMetadata().getName())
        .contains("ebpf_exporter_half", "ebpf_exporter_whole");
    assertThat(metrics.getMetricFamilyDescriptors())
        .extracting(MetricFamilyDescriptor::getPrometheusName)
        .contains("ebpf_exporter_half", "ebpf_exporter_whole");
    assertThat(lines).containsExactly("the engine's own metrics are incomplete");
  }

  @Test
  void aStreamThatFailsIsNoMetricsFault() throws Exception {
    TableRows rows = new TableRows();
    TableRows.Table table = rows.hash("one_total", 4);
    for (int i = 0; i < 5_000; i++) {
      table.row(u32s(i), i);
    }
    add("test", ONE, rows);
    Metrics metrics = metrics();
    OutputStream broken =
        new OutputStream() {
          @Override
          public void write(int oneByte) {
            throw new IllegalStateException("a server's");
          }
        };
    assertThatThrownBy(() -> metrics.write(broken, TextFormat.PROMETHEUS))
        .isInstanceOf(IOException.class);
    assertThat(samples(metrics, "map_read_errors_total"))
        .containsExactly("map_read_errors_total{config=\"test\"} 0");
    assertThat(lines).isEmpty();
  }

  /** Adds a histogram of buckets 0, 1, … up to the last. */
  private void addLinear(TableRows rows, int last) throws Exception {
    add(
        "test",
        """
        metrics:
          histograms:
            - name: h
              help: H
              bucket_type: linear
              bucket_min: 0
              bucket_max: %d
              labels: [{name: bucket, size: 4, decoders: [{name: uint}]}]
        """
            .formatted(last),
        rows);
  }

  @Test
  void countsBeyondSignedNumbersAreThere() throws Exception {
    TableRows rows = new TableRows();
    rows.hash("h", 4).row(u32s(0), 3).row(u32s(1), Long.MIN_VALUE).row(u32s(2), -1);
    addLinear(rows, 1);
    Metrics metrics = metrics();
    assertThat(samples(metrics, "h_"))
        .containsExactly(
            "h_bucket{le=\"0\"} 3",
            "h_bucket{le=\"1\"} 9223372036854775811",
            "h_bucket{le=\"+Inf\"} 9223372036854775811",
            "h_sum 1.8446744073709552e+19",
            "h_count 9223372036854775811");
    HistogramDataPointSnapshot point =
        ((HistogramSnapshot) metrics.collect("ebpf_exporter_h"::equals).get(0))
            .getDataPoints()
            .get(0);
    assertThat(point.getCount()).as("as much as client_java can say").isEqualTo(Long.MAX_VALUE);
    assertThat(point.getClassicBuckets().getCount(0)).isEqualTo(3);
    assertThat(point.getClassicBuckets().getCount(1)).isEqualTo(Long.MAX_VALUE - 3);
  }

  /** A program that counts below 0 gives a bucket nearly 2^64. */
  @Test
  void cumulativeCountsNeverFall() throws Exception {
    TableRows rows = new TableRows();
    rows.hash("h", 4).row(u32s(0), 5).row(u32s(1), -3).row(u32s(2), 4).row(u32s(3), 0);
    addLinear(rows, 2);
    Metrics metrics = metrics();
    assertThat(samples(metrics, "h_"))
        .containsExactly(
            "h_bucket{le=\"0\"} 5",
            "h_bucket{le=\"1\"} 18446744073709551615",
            "h_bucket{le=\"2\"} 18446744073709551615",
            "h_bucket{le=\"+Inf\"} 18446744073709551615",
            "h_sum 0",
            "h_count 18446744073709551615");
    List<Long> visited = new ArrayList<>();
    assertThat(
            metrics.visit(
                metrics.perConfig().getFirst(),
                new SeriesVisitor() {
                  @Override
                  public void counter(List<String> labels, long value) {}

                  @Override
                  public void histogram(
                      List<String> labels, double[] bounds, long[] counts, double sum) {
                    Arrays.stream(counts).forEach(visited::add);
                  }
                }))
        .isTrue();
    assertThat(visited).containsExactly(5L, -6L, 0L);
    assertThat(samples(metrics, "decoder_errors_total"))
        .containsExactly("decoder_errors_total{config=\"test\"} 3");
    assertThat(lines).singleElement().asString().startsWith("test: h: its buckets count more than");
  }

  @Test
  void eachCpuIsAHistogramOfItsOwn() throws Exception {
    TableRows rows = new TableRows();
    rows.perCpu("h", 8)
        .row(u32s(7, 0), 1, 10)
        .row(u32s(7, 1), 2, 20)
        .row(u32s(7, 2), 3, 30)
        .row(u32s(7, 3), 99, 98);
    add(
        "test",
        """
        metrics:
          histograms:
            - name: h
              help: H
              bucket_type: linear
              bucket_min: 0
              bucket_max: 1
              labels:
                - {name: a, size: 4, decoders: [{name: uint}]}
                - {name: bucket, size: 4, decoders: [{name: uint}]}
                - {name: cpu, size: 2, decoders: [{name: uint}]}
        """,
        rows);
    assertThat(samples(metrics(), "h_"))
        .containsExactly(
            "h_bucket{a=\"7\",cpu=\"0\",le=\"0\"} 1",
            "h_bucket{a=\"7\",cpu=\"0\",le=\"1\"} 3",
            "h_bucket{a=\"7\",cpu=\"0\",le=\"+Inf\"} 3",
            "h_sum{a=\"7\",cpu=\"0\"} 3",
            "h_count{a=\"7\",cpu=\"0\"} 3",
            "h_bucket{a=\"7\",cpu=\"1\",le=\"0\"} 10",
            "h_bucket{a=\"7\",cpu=\"1\",le=\"1\"} 30",
            "h_bucket{a=\"7\",cpu=\"1\",le=\"+Inf\"} 30",
            "h_sum{a=\"7\",cpu=\"1\"} 30",
            "h_count{a=\"7\",cpu=\"1\"} 30");
    assertThat(samples(metrics(), "decoder_errors_total"))
        .containsExactly("decoder_errors_total{config=\"test\"} 0");
  }

  @Test
  void theConfigNamedFirstHasASeriesThatTwoHave() throws Exception {
    String abc =
        """
        metrics:
          counters:
            - name: one_total
              help: One
              labels:
                - {name: b, size: 4, decoders: [{name: uint}]}
                - {name: a, size: 4, decoders: [{name: uint}]}
        """;
    TableRows first = new TableRows();
    first.hash("one_total", 8).row(u32s(1, 2), 5).row(u32s(3, 4), 6);
    add("first", abc, first);
    TableRows second = new TableRows();
    // The same labels in reverse order.
    second.hash("one_total", 8).row(u32s(2, 1), 7).row(u32s(1, 2), 8);
    add("second", abc.replace("b,", "x,").replace("a,", "b,").replace("x,", "a,"), second);
    TableRows third = new TableRows();
    third.hash("one_total", 4).row(u32s(1), 9);
    add("third", ONE, third);
    Metrics metrics = metrics();
    for (int scrape = 1; scrape <= 2; scrape++) {
      assertThat(samples(metrics, "one_total"))
          .containsExactly(
              "one_total{b=\"1\",a=\"2\"} 5",
              "one_total{b=\"3\",a=\"4\"} 6",
              "one_total{a=\"1\",b=\"2\"} 8",
              "one_total{a=\"1\"} 9");
    }
    assertThat(samples(metrics, "duplicate_series_total"))
        .containsExactly(
            "duplicate_series_total{config=\"first\"} 0",
            "duplicate_series_total{config=\"second\"} 3",
            "duplicate_series_total{config=\"third\"} 0");
    assertThat(metrics.collect("ebpf_exporter_one"::equals).get(0).getDataPoints()).hasSize(4);
    assertThat(lines)
        .containsExactly(
            "second: one_total{a=\"2\",b=\"1\"} is left out, for a config named before has that"
                + " series; more will only be counted");
  }

  @Test
  void descriptorsTellOfAllFamiliesWithoutReadingOne() throws Exception {
    TableRows rows = new TableRows();
    rows.failing(
        "one_total", rows.hash("one_total", 4), new IllegalStateException("must not be read"));
    rows.failing("two", rows.hash("two", 4), new IllegalStateException("must not be read"));
    add("test", ONE + ONE.replace("one_total", "two").replaceAll("(?s)^.*?- ", "    - "), rows);
    List<MetricFamilyDescriptor> descriptors = metrics().getMetricFamilyDescriptors();
    assertThat(descriptors)
        .extracting(MetricFamilyDescriptor::getPrometheusName)
        .startsWith("ebpf_exporter_one", "ebpf_exporter_two", "ebpf_exporter_enabled_configs");
    assertThat(descriptors.get(0).getType()).isEqualTo(MetricType.COUNTER);
    assertThat(descriptors.get(1).getType()).isEqualTo(MetricType.UNKNOWN);
    assertThat(descriptors.get(0).getLabelNames()).containsExactly("a");
    assertThat(lines).isEmpty();
  }
}
