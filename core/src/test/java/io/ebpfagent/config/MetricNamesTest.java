// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Names that a parser of the exposition would reject. */
final class MetricNamesTest {
  private static final String HISTOGRAM =
      "{name: %s, help: h, bucket_type: exp2, bucket_max: 3,"
          + " labels: [{name: b, size: 4, decoders: [{name: uint}]}]}";

  static Collection<String> own() {
    return MetricNames.OWN;
  }

  @ParameterizedTest
  @MethodSource("own")
  void theExportersOwnAreTaken(String name) {
    assertThat(TestConfig.messages("metrics: {counters: [{name: %s, help: h}]}".formatted(name)))
        .containsExactly(
            "test.yaml:1: metrics.counters[0].name: \"%s\" clashes with \"%s\" of the exporter itself: both take the name %s"
                .formatted(name, name, name));
  }

  @ParameterizedTest
  @CsvSource({
    "decoder_errors, decoder_errors_total, decoder_errors",
    "map_full_total, map_full, map_full_total",
    "enabled_configs_created, enabled_configs, enabled_configs_created",
  })
  void namesBesideTheExportersOwn(String name, String own, String both) {
    assertThat(TestConfig.messages("metrics: {counters: [{name: %s, help: h}]}".formatted(name)))
        .containsExactly(
            "test.yaml:1: metrics.counters[0].name: \"%s\" clashes with \"%s\" of the exporter itself: both take the name %s"
                .formatted(name, own, both));
  }

  @ParameterizedTest
  @CsvSource({
    "ops, ops_total, ops_total",
    "ops_total, ops, ops",
    "ops, ops_created, ops_created",
    "ops_total, ops_created, ops_created",
  })
  void countersOfOneConfig(String first, String second, String both) {
    assertThat(
            TestConfig.messages(
                "metrics:\n  counters:\n  - {name: %s, help: h}\n  - {name: %s, help: h}"
                    .formatted(first, second)))
        .containsExactly(
            "test.yaml:4: metrics.counters[1].name: \"%s\" clashes with \"%s\" of metrics.counters[0]: both take the name %s"
                .formatted(second, first, both));
  }

  @ParameterizedTest
  @CsvSource({
    "size_sum, size, size_sum",
    "size_count, size, size_count",
    "size_bucket, size, size_bucket",
    "size_sum_total, size, size_sum",
    "size_total, size, size",
    "size_created, size, size_created",
  })
  void aCounterAndAHistogram(String counter, String histogram, String both) {
    assertThat(
            TestConfig.messages(
                "metrics:\n  counters: [{name: %s, help: h}]\n  histograms: [%s]"
                    .formatted(counter, HISTOGRAM.formatted(histogram))))
        .containsExactly(
            "test.yaml:3: metrics.histograms[0].name: \"%s\" clashes with \"%s\" of metrics.counters[0]: both take the name %s"
                .formatted(histogram, counter, both));
  }

  @Test
  void twoHistograms() {
    assertThat(
            TestConfig.messages(
                "metrics: {histograms: [%s, %s]}"
                    .formatted(HISTOGRAM.formatted("size"), HISTOGRAM.formatted("size_sum"))))
        .containsExactly(
            "test.yaml:1: metrics.histograms[1].name: \"size_sum\" clashes with \"size\" of"
                + " metrics.histograms[0]: both take the name size_sum");
  }

  @ParameterizedTest
  @CsvSource({
    "ops, ops_seconds",
    "ops_total, ops_bytes_total",
    "a_sum, a",
    "ops, ops_info",
    "x, x_bucket"
  })
  void countersThatGoTogether(String first, String second) {
    assertThat(
            TestConfig.messages(
                "metrics: {counters: [{name: %s, help: h}, {name: %s, help: h}]}"
                    .formatted(first, second)))
        .isEmpty();
  }
}
