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
  @ValueSource(strings = {"", " , ", "a=b", "a=", "a=b%20c, d = e+f==", "a=%C3%A9"})
  void headersThatCanBeSent(String headers) {
    assertThat(ConfiguredDestination.wrongHeader(Map.of("OTEL_EXPORTER_OTLP_HEADERS", headers)))
        .isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "a=secret%0d%0ac, a: its value has characters that HTTP",
    "'b=1, key = secret%00t', key: its value has characters that HTTP",
    "a=\u001bsecret, a: its value has characters that HTTP",
    "a=secret%E2%82%AC, a: its value has characters that HTTP",
    "a=secret%zz, a: its value is not percent-encoded",
    "secret, must be NAME=VALUE",
    "=secret, must be NAME=VALUE",
  })
  void aHeaderThatCanNotIsNamedWithoutItsValue(String headers, String problem) {
    String variable = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
    assertThat(ConfiguredDestination.wrongHeader(Map.of(variable, headers)))
        .startsWith(variable + ": " + problem)
        .doesNotContain("secret");
  }

  @Test
  void noHeadersAreFine() {
    assertThat(ConfiguredDestination.wrongHeader(Map.of())).isNull();
  }
}
