// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the parser that the other tests use: it must not accept what Prometheus would reject. */
class ExpositionTest {
  private static final String COUNTER = "# HELP a_total h\n# TYPE a_total counter\n";
  private static final String HISTOGRAM = "# HELP h h\n# TYPE h histogram\n";

  @Test
  void reads() {
    String text =
        COUNTER
            + "a_total{x=\"1\",y=\"a\\\\b\\\"c\\nd,}\"} 3\na_total{x=\"2\",y=\"\"} 1e+06\n"
            + HISTOGRAM
            + "h_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 1.5\nh_count 2\n";
    Exposition read = Exposition.text(text.getBytes(UTF_8));
    assertThat(read.sum("a_total", Map.of("y", "a\\b\"c\nd,}"))).isEqualTo(3);
    assertThat(read.sum("a_total", Map.of())).isEqualTo(1_000_003);
    assertThat(read.family("h").samples).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        COUNTER + "a_total 1",
        COUNTER + "a_total 1 \n",
        COUNTER + "a_total  1\n",
        COUNTER + "a_total 0x1\n",
        COUNTER + "a_total -1\n",
        COUNTER + "a_total NaN\n",
        COUNTER + "b_total 1\n",
        COUNTER + "\na_total 1\n",
        COUNTER + "a_total{x=\"1\"} 1\na_total{x=\"1\"} 2\n",
        COUNTER + "a_total{x=\"1\",x=\"2\"} 1\n",
        COUNTER + "a_total{x=\"1\",} 1\n",
        COUNTER + "a_total{} 1\n",
        COUNTER + "a_total{x=\"a\"b\"} 1\n",
        COUNTER + "a_total{x=\"\\t\"} 1\n",
        COUNTER + "a_total 1\n" + COUNTER,
        COUNTER + COUNTER + "a_total 1\n",
        "a_total 1\n",
        "# TYPE a_total counter\na_total 1\n",
        "# HELP a_total h\n# TYPE a_total count\n",
        HISTOGRAM + "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
        HISTOGRAM + "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
        HISTOGRAM
            + "h_bucket{le=\"2\"} 0\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
        HISTOGRAM + "h_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 1\n",
        HISTOGRAM + "h_bucket{le=\"+Inf\"} 2\nh_count 2\n",
        HISTOGRAM + "h_bucket{le=\"+Inf\"} 2\nh_sum 1\n",
      })
  void refuses(String text) {
    assertThatThrownBy(() -> Exposition.text(text.getBytes(UTF_8)))
        .isInstanceOf(AssertionError.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "# HELP a h\n# TYPE a counter\na_total 1\n",
        "# HELP a h\n# TYPE a counter\na_total 1\n# EOF",
        "# HELP a h\n# TYPE a counter\n# EOF\na_total 1\n",
        "# HELP a h\n# TYPE a counter\na 1\n# EOF\n",
        "# HELP a_total h\n# TYPE a_total counter\na_total 1\n# EOF\n",
        "# HELP a h\n# TYPE a untyped\na 1\n# EOF\n",
        "# HELP a h\n# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n",
        "# HELP a \"h\"\n# TYPE a gauge\na 1\n# EOF\n",
      })
  void refusesOpenMetrics(String text) {
    assertThatThrownBy(() -> Exposition.openMetrics(text.getBytes(UTF_8)))
        .isInstanceOf(AssertionError.class);
  }
}
