// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static io.ebpfagent.NativeBytes.bytes;
import static io.ebpfagent.NativeBytes.u32s;
import static io.ebpfagent.NativeBytes.u64s;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.config.Config;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Label;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Compares the text of a scrape with client_java's snapshots, sample by sample. */
@KernelTest
final class SinksTest {
  private static final Pattern SAMPLE =
      Pattern.compile("([a-z0-9_]+)(?:\\{((?:[a-z_]+=\"(?:[^\"\\\\]|\\\\.)*\",?)*)\\})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  private static final String BUCKET = "- {name: bucket, size: 4, decoders: [{name: uint}]}\n";

  /**
   * Returns counters of every kind of map, with and without _total, and one whose rows don't
   * decode.
   */
  private static Config counters() {
    return TestObjects.config(
        "counters",
        "maps-only",
        """
        metrics:
          counters:
            - name: hash_u64
              help: A test's counter.
              labels:
                - {name: a, size: 8, decoders: [{name: uint}]}
                - {name: b, size: 8, decoders: [{name: uint}]}
            - name: percpu_hash_u64
              help: "A \\"test's\\" \\\\ counter."
              labels:
                - {name: a, size: 8, decoders: [{name: uint}]}
                - {name: b, size: 8, decoders: [{name: uint}]}
                - {name: cpu, size: 2, decoders: [{name: uint}]}
            - {name: percpu_single, help: A test's counter.}
            - name: bytes32_hash
              help: A test's counter.
              labels: [{name: text, size: 32, decoders: [{name: string}]}]
            - name: small_total
              help: A test's counter.
              labels: [{name: a, size: 4, decoders: [{name: string}, {name: errno}]}]
        """);
  }

  /**
   * Returns a histogram. Histograms are named after their map, so they share a name, and each has
   * its own label.
   */
  private static Config histogram(String type, String label) {
    String buckets =
        type.equals("fixed") ? "bucket_keys: [1, 5, 10]\n" : "bucket_min: 0\nbucket_max: 3\n";
    String labels =
        "labels:\n  - {name: %s, size: 4, decoders: [{name: uint}]}\n".formatted(label)
            + BUCKET.indent(2);
    return TestObjects.config(
        type,
        "maps-only",
        TestMetrics.histogram(
            "hist_hash",
            "bucket_type: " + type + "\nbucket_multiplier: 0.001\n" + buckets,
            labels));
  }

  @Test
  void textAndSnapshotsHoldTheSame() throws Exception {
    try (TestMetrics test =
        TestMetrics.of(
            List.of("counters", "exp2", "exp2zero", "linear", "fixed", "absent"),
            counters(),
            histogram("exp2", "a"),
            histogram("exp2zero", "b"),
            histogram("linear", "c"),
            histogram("fixed", "d"))) {
      test.put("hash_u64", u64s(1, 2), 3);
      test.put("hash_u64", u64s(-1, 0), 1L << 53);
      test.put("percpu_hash_u64", u64s(7, 8), TestMetrics.perCpu(100));
      test.put("percpu_single", u32s(0), TestMetrics.perCpu(5));
      test.put("bytes32_hash", bytes().chars("\"a\\\nb\" \u00fc", 32).array(), 11);
      test.put("bytes32_hash", bytes().chars("x\0y", 32).array(), 20);
      test.put("bytes32_hash", bytes().chars("x\0z", 32).array(), 2);
      test.put("small_total", bytes().chars("32", 4).array(), 6);
      test.put("small_total", bytes().chars("no", 4).array(), 7);
      for (int config = 1; config <= 4; config++) {
        for (int key : new int[] {0, 1, 3, 4, 10, 11}) {
          test.put(config, "hist_hash", u32s(config, key), 100L * config + key);
        }
      }

      Map<String, Double> text = ofText(test.text(TextFormat.PROMETHEUS));
      Map<String, Double> snapshots = new TreeMap<>();
      for (MetricSnapshot family : test.metrics().collect()) {
        add(family, snapshots);
      }
      // The next scrape includes the drops of that one, and has its own duration.
      Map<String, Double> later = ofText(test.text(TextFormat.PROMETHEUS));
      assertThat(snapshots.keySet()).isEqualTo(text.keySet());
      assertThat(changing(snapshots).keySet()).hasSize(5 + 5).isEqualTo(changing(text).keySet());
      assertThat(constant(snapshots))
          .isEqualTo(constant(text))
          .isEqualTo(constant(later))
          .hasSizeGreaterThan(30)
          .containsEntry("ebpf_exporter_bytes32_hash{text=x}", 22.0)
          .containsEntry("ebpf_exporter_bytes32_hash{text=\"a\\\nb\" \u00fc}", 11.0)
          .containsEntry("ebpf_exporter_enabled_configs{name=absent}", 1.0);
      String errors = "ebpf_exporter_decoder_errors_total{config=counters}";
      assertThat(text).containsEntry(errors, 1.0);
      assertThat(snapshots).containsEntry(errors, 2.0);
      assertThat(later).containsEntry(errors, 3.0);
    }
  }

  private static boolean changes(String series) {
    return series.contains("decoder_errors") || series.contains("scrape_duration");
  }

  private static Map<String, Double> changing(Map<String, Double> samples) {
    Map<String, Double> changing = new TreeMap<>(samples);
    changing.keySet().removeIf(series -> !changes(series));
    return changing;
  }

  private static Map<String, Double> constant(Map<String, Double> samples) {
    Map<String, Double> constant = new TreeMap<>(samples);
    constant.keySet().removeIf(SinksTest::changes);
    return constant;
  }

  /** Returns values by name and sorted labels; everything between samples must be comments. */
  private static Map<String, Double> ofText(String text) {
    Map<String, Double> samples = new TreeMap<>();
    for (String line : text.split("\n", -1)) {
      if (line.isEmpty() || line.startsWith("# ")) {
        continue;
      }
      Matcher sample = SAMPLE.matcher(line);
      assertThat(sample.matches()).as(line).isTrue();
      Map<String, String> labels = new TreeMap<>();
      String labelText = sample.group(2);
      Matcher label = LABEL.matcher(labelText == null ? "" : labelText);
      while (label.find()) {
        labels.put(label.group(1), unescape(label.group(2)));
      }
      put(samples, sample.group(1), labels, number(sample.group(3)));
    }
    return samples;
  }

  private static double number(String text) {
    return text.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
  }

  private static String unescape(String value) {
    return Pattern.compile("\\\\(.)")
        .matcher(value)
        .replaceAll(
            escape ->
                Matcher.quoteReplacement(escape.group(1).equals("n") ? "\n" : escape.group(1)));
  }

  private static void put(
      Map<String, Double> samples, String name, Map<String, String> labels, double value) {
    List<String> texts = new ArrayList<>();
    labels.forEach((label, text) -> texts.add(label + "=" + text));
    String series = texts.isEmpty() ? name : name + "{" + String.join(",", texts) + "}";
    assertThat(samples.put(series, value)).as(series).isNull();
  }

  private static Map<String, String> map(Labels labels) {
    Map<String, String> map = new TreeMap<>();
    for (Label label : labels) {
      map.put(label.getName(), label.getValue());
    }
    return map;
  }

  private static void add(MetricSnapshot family, Map<String, Double> samples) {
    MetricMetadata metadata = family.getMetadata();
    String name = metadata.getName();
    switch (family) {
      case CounterSnapshot counter ->
          counter
              .getDataPoints()
              .forEach(
                  point -> put(samples, name + "_total", map(point.getLabels()), point.getValue()));
      case UnknownSnapshot unknown ->
          unknown
              .getDataPoints()
              .forEach(point -> put(samples, name, map(point.getLabels()), point.getValue()));
      case GaugeSnapshot gauge ->
          gauge
              .getDataPoints()
              .forEach(point -> put(samples, name, map(point.getLabels()), point.getValue()));
      case HistogramSnapshot histogram ->
          histogram.getDataPoints().forEach(point -> add(name, point, samples));
      default -> throw new AssertionError(family);
    }
  }

  private static void add(
      String name, HistogramDataPointSnapshot point, Map<String, Double> samples) {
    long count = 0;
    for (var bucket : point.getClassicBuckets()) {
      count += bucket.getCount();
      Map<String, String> labels = map(point.getLabels());
      labels.put("le", GoFloat.format(bucket.getUpperBound()));
      put(samples, name + "_bucket", labels, (double) count);
    }
    put(samples, name + "_sum", map(point.getLabels()), point.getSum());
    put(samples, name + "_count", map(point.getLabels()), (double) point.getCount());
  }
}
