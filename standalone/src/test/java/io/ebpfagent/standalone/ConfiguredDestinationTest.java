// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfiguredDestinationTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "a=b", "a=b%20c, d = e+f==", "a=%zz", "a=%C3%A9", "a", "=%0a"})
  void headersThatCanBeSent(String headers) {
    assertThat(ConfiguredDestination.wrongHeader(Map.of("OTEL_EXPORTER_OTLP_HEADERS", headers)))
        .isNull();
  }

  @ParameterizedTest
  @CsvSource({"a=b%0d%0ac, a", "'b=1, key = s%00t', key", "a=\u001bb, a", "a=%E2%82%AC, a"})
  void aHeaderThatCanNotIsNamedWithoutItsValue(String headers, String name) {
    String variable = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
    assertThat(ConfiguredDestination.wrongHeader(Map.of(variable, headers)))
        .isEqualTo(variable + ": " + name);
  }

  @Test
  void noHeadersAreFine() {
    assertThat(ConfiguredDestination.wrongHeader(Map.of())).isNull();
  }
}
