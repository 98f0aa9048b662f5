// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which label is a histogram's bucket, and which is a CPU. */
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
    "b:4, 0, false",
    "k:4 b:4, 1, false",
    "b:4 cpu:2, 0, true",
    "k:4 b:4 cpu:2, 1, true",
    "le:4 cpu:2, 0, true",
    "cpu:2 b:4, 1, false",
    "k:4 cpu:4, 1, false",
    "cpu:2 cpu:2, 0, true",
    "cpu:2, 0, false",
  })
  void histograms(String labels, int bucket, boolean cpu) throws Exception {
    Metric histogram = metric("histograms", "bucket_type: exp2, bucket_max: 3, ", labels);
    assertThat(histogram.bucketIndex(true)).isEqualTo(bucket);
    assertThat(histogram.hasCpuLabel(true)).isEqualTo(cpu);
    assertThat(histogram.bucketIndex(false)).isEqualTo(histogram.labels().size() - 1);
    assertThat(histogram.hasCpuLabel(false)).isFalse();
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
    assertThat(counter.hasCpuLabel(true)).isEqualTo(cpu);
    assertThat(counter.hasCpuLabel(false)).isFalse();
    assertThat(counter.bucketIndex(true)).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource({"a-b, a_b", "-, _", "a--b-, a__b_"})
  void dashesInLabelsBecomeUnderscores(String written, String name) throws Exception {
    for (Metric metric :
        List.of(
            metric("counters", "", written + ":4"),
            metric("histograms", "bucket_type: exp2, bucket_max: 3, ", written + ":4 b:4"))) {
      assertThat(metric.labels().getFirst().name()).isEqualTo(name);
    }
  }
}
