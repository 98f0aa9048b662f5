// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TextFormatTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                                                     | PROMETHEUS",
        "*/*                                                                    | PROMETHEUS",
        "text/plain;version=0.0.4                                               | PROMETHEUS",
        "application/openmetrics-text                                           | OPEN_METRICS",
        "Application/OpenMetrics-Text; version=1.0.0                            | OPEN_METRICS",
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3      | OPEN_METRICS",
        "application/openmetrics-text;q=0.3, text/plain;version=0.0.4;q=0.5     | PROMETHEUS",
        "text/plain, application/openmetrics-text                               | OPEN_METRICS",
        "application/openmetrics-text;q=0                                       | PROMETHEUS",
        "application/openmetrics-text;q=0.0,*/*                                 | PROMETHEUS",
        "application/openmetrics-text;q=NaN                                     | OPEN_METRICS",
        "application/openmetrics-texts, ;;,                                     | PROMETHEUS",
      })
  void isWhatTheScraperLikesBest(String accept, TextFormat format) {
    assertThat(TextFormat.of(accept)).isEqualTo(format);
  }
}
