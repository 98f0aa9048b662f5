// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DecimalTest {
  private static long parse(String text) throws DecodeException {
    byte[] bytes = ("12" + text + "34").getBytes(StandardCharsets.UTF_8);
    return Decimal.parse(bytes, 2, bytes.length - 4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "1",
        "9223372036854775807",
        "9223372036854775808",
        "9999999999999999999",
        "18446744073709551609",
        "18446744073709551610",
        "18446744073709551615",
        "007"
      })
  void readsUnsignedNumbers(String text) throws Exception {
    assertThat(parse(text)).isEqualTo(Long.parseUnsignedLong(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-1",
        "+1",
        " 1",
        "1 ",
        "0x1",
        "unknown:1",
        "18446744073709551616",
        "18446744073709551619",
        "18446744073709551620",
        "99999999999999999999",
        "100000000000000000000"
      })
  void refusesAllElse(String text) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(DecodeException.class)
        .hasMessageContaining("needs a decimal number");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "000000000000000007, 7",
    "999999999999999999, 999999999999999999",
    "1000000000000000000, 1000000000000000000",
    "1000000000000000001, 1000000000000000000",
    "18446744073709551615, 1000000000000000000",
    "99999999999999999999999999, 1000000000000000000",
    "000000000000000000000000000007, 7",
    "'', -1",
    "-1, -1",
    "1x, -1",
    "/1, -1",
    ":1, -1",
  })
  void readsNumbersUpToABound(String text, long value) {
    byte[] bytes = ("12" + text + "34").getBytes(StandardCharsets.UTF_8);
    assertThat(Decimal.bounded(bytes, 2, bytes.length - 2)).isEqualTo(value);
  }
}
