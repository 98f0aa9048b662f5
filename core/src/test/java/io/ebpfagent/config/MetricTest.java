// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which label is a histogram's bucket, and which a CPU. */
final class MetricTest {
  /** Labels are written NAME:SIZE. */
  private static String labels(String labels) {
    return Arrays.stream(labels.split(" ", -1))
        .map(label -> label.split(":", -1))
        .map(
            label -> "{name: %s, size: %s, decoders: [{name: uint}]}".formatted(label[0], label[1]))
        .collect(Collectors.joining(",", "labels: [", "]"));
  }

  private static Metric metric(String kind, String keys, String labels) throws ConfigException {
    return TestConfig.load(
            "metrics: {%s: [{name: a, help: h, %s%s}]}".formatted(kind, keys, labels(labels)))
        .metrics()
        .getFirst();
  }

  @ParameterizedTest
  @CsvSource({
    "b:4, 0, false, ''",
    "k:4 b:4, 1, false, k",
    "b:4 cpu:2, 0, true, cpu",
    "k:4 b:4 cpu:2, 1, true, k cpu",
    "le:4 cpu:2, 0, true, cpu",
    "cpu:2 b:4, 1, false, cpu",
    "k:4 cpu:4, 1, false, k",
    "cpu:2 cpu:2, 0, true, cpu",
    "cpu:2, 0, false, ''",
  })
  void histograms(String labels, int bucket, boolean cpu, String series) throws Exception {
    Metric.Histogram histogram =
        (Metric.Histogram) metric("histograms", "bucket_type: exp2, bucket_max: 3, ", labels);
    assertThat(histogram.bucketIndex()).isEqualTo(bucket);
    assertThat(histogram.hasCpuLabel()).isEqualTo(cpu);
    assertThat(names(histogram)).isEqualTo(series);
  }

  @ParameterizedTest
  @CsvSource({
    "k:4, false",
    "k:4 cpu:2, true",
    "cpu:2, true",
    "cpu:4, false",
    "cpu:2 k:4, false",
    "k:4 CPU:2, false",
  })
  void counters(String labels, boolean cpu) throws Exception {
    Metric counter = metric("counters", "", labels);
    assertThat(counter.hasCpuLabel()).isEqualTo(cpu);
    assertThat(counter.seriesLabels()).isEqualTo(counter.labels());
  }

  @ParameterizedTest
  @CsvSource({"a-b, a_b", "-, _", "a--b-, a__b_"})
  void dashesInLabelsBecomeUnderscores(String written, String name) throws Exception {
    assertThat(names(metric("counters", "", written + ":4"))).isEqualTo(name);
    assertThat(
            names(metric("histograms", "bucket_type: exp2, bucket_max: 3, ", written + ":4 b:4")))
        .isEqualTo(name);
  }

  private static String names(Metric metric) {
    List<Label> labels = metric.seriesLabels();
    return labels.stream().map(Label::name).collect(Collectors.joining(" "));
  }
}
