// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import java.math.BigDecimal;

/**
 * Formats floats like Go's {@code strconv.FormatFloat(f, 'g', -1, 64)}, because dashboards match
 * the text of {@code le}: the shortest digits, and an exponent of at least two digits below 1e-4
 * and from 1e+06 on.
 */
final class GoFloat {
  private static final int EXPONENT_FROM = 6;

  private GoFloat() {}

  static String format(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    String sign = value < 0 ? "-" : "";
    // Java's digits are the shortest that parse to the same value, like Go's.
    BigDecimal shortest = new BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
    String digits = shortest.unscaledValue().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    return sign
        + (exponent < -4 || exponent >= EXPONENT_FROM
            ? scientific(digits, exponent)
            : shortest.toPlainString());
  }

  private static String scientific(String digits, int exponent) {
    String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
    int size = Math.abs(exponent);
    return digits.charAt(0)
        + fraction
        + (exponent < 0 ? "e-" : "e+")
        + (size < 10 ? "0" : "")
        + size;
  }
}
