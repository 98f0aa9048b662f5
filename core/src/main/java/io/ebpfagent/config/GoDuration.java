// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes them: {@code 10s}, {@code 1h30m}, {@code 1.5h}, {@code 300ms}. */
final class GoDuration {
  private static final Map<String, BigDecimal> NANOS =
      Map.of(
          "ns", BigDecimal.ONE,
          "us", BigDecimal.valueOf(1_000),
          "\u00b5s", BigDecimal.valueOf(1_000), // micro sign
          "\u03bcs", BigDecimal.valueOf(1_000), // Greek letter mu
          "ms", BigDecimal.valueOf(1_000_000),
          "s", BigDecimal.valueOf(1_000_000_000L),
          "m", BigDecimal.valueOf(60_000_000_000L),
          "h", BigDecimal.valueOf(3_600_000_000_000L));

  private static final Pattern PART =
      Pattern.compile("([0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)");

  /** 2^63 ns are 292 years; digits beyond that only make work. */
  private static final int MAX_LENGTH = 64;

  private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);

  private GoDuration() {}

  /** The duration, cut to whole nanoseconds; empty when the text is none or does not fit. */
  static Optional<Duration> parse(String text) {
    if (text.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    boolean negative = text.startsWith("-");
    String unsigned = negative || text.startsWith("+") ? text.substring(1) : text;
    if (unsigned.equals("0")) {
      return Optional.of(Duration.ZERO);
    }
    BigInteger nanos = BigInteger.ZERO;
    Matcher part = PART.matcher(unsigned);
    int end = 0;
    while (end < unsigned.length()) {
      part.region(end, unsigned.length());
      if (!part.lookingAt()) {
        return Optional.empty();
      }
      BigDecimal unit = NANOS.getOrDefault(part.group(2), BigDecimal.ONE);
      nanos = nanos.add(new BigDecimal(part.group(1)).multiply(unit).toBigInteger());
      end = part.end();
    }
    if (end == 0 || nanos.compareTo(MAX) > 0) {
      return Optional.empty();
    }
    Duration duration = Duration.ofNanos(nanos.longValueExact());
    return Optional.of(negative ? duration.negated() : duration);
  }
}
