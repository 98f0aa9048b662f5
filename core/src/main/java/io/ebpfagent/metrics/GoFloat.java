// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

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
    // Java's digits are the shortest that parse to the same value, like Go's. BigDecimal would read
    // them, too, but to load it takes as long as a large scrape.
    String text = Double.toString(Math.abs(value));
    int mantissa = text.indexOf('E');
    int tens = mantissa < 0 ? 0 : Integer.parseInt(text.substring(mantissa + 1));
    String number = mantissa < 0 ? text : text.substring(0, mantissa);
    int point = number.indexOf('.');
    String all = number.substring(0, point) + number.substring(point + 1);
    int first = 0;
    while (all.charAt(first) == '0') {
      first++;
    }
    int end = all.length();
    while (all.charAt(end - 1) == '0') {
      end--;
    }
    String digits = all.substring(first, end);
    int exponent = point - first - 1 + tens;
    return sign
        + (exponent < -4 || exponent >= EXPONENT_FROM
            ? scientific(digits, exponent)
            : plain(digits, exponent));
  }

  private static String plain(String digits, int exponent) {
    if (exponent < 0) {
      return "0." + "0".repeat(-exponent - 1) + digits;
    }
    int whole = exponent + 1;
    return digits.length() <= whole
        ? digits + "0".repeat(whole - digits.length())
        : digits.substring(0, whole) + "." + digits.substring(whole);
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
