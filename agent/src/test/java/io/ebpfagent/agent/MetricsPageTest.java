// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.core.metrics.Summary;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class MetricsPageTest {
  private static final List<MetricSnapshot> METRICS =
      List.of(
          Counter.builder().name("c").build().collect(),
          Gauge.builder().name("g").build().collect(),
          Info.builder().name("i").labelNames("l").build().collect(),
          Summary.builder().name("s").build().collect(),
          Histogram.builder().name("h").build().collect());

  private static List<String> wanted(String name) {
    return METRICS.stream()
        .filter(metric -> MetricsPage.isWanted(metric, name::equals))
        .map(metric -> metric.getMetadata().getPrometheusName())
        .toList();
  }

  @Test
  void namesOfSeriesSelectTheirMetric() {
    assertThat(
            Stream.of("c_total", "i_info", "s_count", "s_sum", "h_count", "h_sum", "h_bucket")
                .map(MetricsPageTest::wanted))
        .containsExactly(
            List.of("c"),
            List.of("i"),
            List.of("s"),
            List.of("s"),
            List.of("h"),
            List.of("h"),
            List.of("h"));
    assertThat(Stream.of("c", "g", "i", "s", "h").map(MetricsPageTest::wanted))
        .containsExactly(List.of("c"), List.of("g"), List.of("i"), List.of("s"), List.of("h"));
    assertThat(Stream.of("g_total", "g_count", "c_sum").map(MetricsPageTest::wanted))
        .containsOnly(List.of());
  }
}
