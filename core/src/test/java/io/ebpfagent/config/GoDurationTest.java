// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class GoDurationTest {
  @ParameterizedTest
  @CsvSource({
    "0, PT0S",
    "-0, PT0S",
    "0s, PT0S",
    "10s, PT10S",
    "+10s, PT10S",
    "-10s, PT-10S",
    "1h30m, PT1H30M",
    "1.5h, PT1H30M",
    ".5h, PT30M",
    "5.s, PT5S",
    "300ms, PT0.3S",
    "1m0.5s, PT1M0.5S",
    "1us, PT0.000001S",
    "1\u00b5s, PT0.000001S",
    "1\u03bcs, PT0.000001S",
    "1ns, PT0.000000001S",
    "0.9ns, PT0S",
    "1s1h1s, PT1H2S",
    "2562047h47m16.854775807s, PT2562047H47M16.854775807S",
  })
  void parses(String text, Duration expected) {
    assertThat(GoDuration.parse(text)).contains(expected);
  }

  /** One of any length is right in Go; this many parts took more than the stack once. */
  @Test
  void partsTakeNoStack() {
    assertThat(GoDuration.parse("1s".repeat(2_000))).contains(Duration.ofSeconds(2_000));
    assertThat(GoDuration.parse("1".repeat(1_000_000) + "s")).isEmpty();
    assertThat(GoDuration.parse("1s".repeat(500_000))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "10",
        "s",
        ".",
        ".s",
        "-",
        "+-1s",
        "1 s",
        " 1s",
        "1s ",
        "1d",
        "1H",
        "1e3s",
        "1,5h",
        "1h-1m",
        "0x1s",
        "1h30",
        "\u0661s",
        "2562047h47m16.854775808s",
        "99999999999999999999h"
      })
  void refuses(String text) {
    assertThat(GoDuration.parse(text)).isEmpty();
  }
}
