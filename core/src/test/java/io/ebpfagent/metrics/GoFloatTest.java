// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected texts are those of Go's strconv.FormatFloat(f, 'g', -1, 64). */
final class GoFloatTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0.0, -0",
    "1, 1",
    "-1, -1",
    "0.5, 0.5",
    "1e-6, 1e-06",
    "6.4e-5, 6.4e-05",
    "0.000128, 0.000128",
    "0.0001, 0.0001",
    "0.00001, 1e-05",
    "0.00009999, 9.999e-05",
    "0.032768, 0.032768",
    "16.777216, 16.777216",
    "100, 100",
    "500000, 500000",
    "999999, 999999",
    "999999.5, 999999.5",
    "1000000, 1e+06",
    "1048576, 1.048576e+06",
    "1234567, 1.234567e+06",
    "1234567.8, 1.2345678e+06",
    "12345678, 1.2345678e+07",
    "-12345678, -1.2345678e+07",
    "134217728, 1.34217728e+08",
    "1e10, 1e+10",
    "1e21, 1e+21",
    "1e23, 1e+23",
    "2e100, 2e+100",
    "1.7976931348623157e308, 1.7976931348623157e+308",
    "2.2250738585072014e-308, 2.2250738585072014e-308",
    "0.1, 0.1",
    "0.30000000000000004, 0.30000000000000004",
    "3.3333333333333335, 3.3333333333333335",
    "9007199254740993, 9.007199254740992e+15",
    "18446744073709551615, 1.8446744073709552e+19",
    "Infinity, +Inf",
    "-Infinity, -Inf",
    "NaN, NaN",
  })
  void writesAsGoDoes(double value, String text) {
    assertThat(GoFloat.format(value)).isEqualTo(text);
  }

  @Test
  void readsBackTheSame() {
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        assertThat(Double.parseDouble(GoFloat.format(value))).isEqualTo(value);
      }
    }
  }
}
