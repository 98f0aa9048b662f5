// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes them: {@code 10s}, {@code 1h30m}, {@code 1.5h}, {@code 300ms}. */
public final class GoDuration {
  /** Microseconds may also be written with a micro sign or the Greek letter mu. */
  private static final Pattern PART =
      Pattern.compile("([0-9]++(?:\\.[0-9]*+)?|\\.[0-9]++)(ns|[u\u00b5\u03bc]s|ms|s|m|h)");

  /** Nothing is tried twice: otherwise, each part would take some of the stack. */
  private static final Pattern WHOLE = Pattern.compile("([-+]?)(0|(?:" + PART + ")++)");

  /** A number of a million digits would take seconds. */
  private static final int LONGEST = 10_000;

  private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE);

  private GoDuration() {}

  /**
   * Returns the duration, truncated to whole nanoseconds; empty when the text is not a duration or
   * does not fit a {@code long}.
   */
  public static Optional<Duration> parse(String text) {
    Matcher whole = WHOLE.matcher(text);
    if (text.length() > LONGEST || !whole.matches()) {
      return Optional.empty();
    }
    BigDecimal nanos = BigDecimal.ZERO;
    for (MatchResult part : PART.matcher(whole.group(2)).results().toList()) {
      BigDecimal unit = BigDecimal.valueOf(nanos(part.group(2)));
      nanos =
          nanos.add(new BigDecimal(part.group(1)).multiply(unit).setScale(0, RoundingMode.DOWN));
    }
    if (nanos.compareTo(MAX) > 0) {
      return Optional.empty();
    }
    Duration duration = Duration.ofNanos(nanos.longValue());
    return Optional.of(whole.group(1).equals("-") ? duration.negated() : duration);
  }

  private static long nanos(String unit) {
    return switch (unit) {
      case "ns" -> 1;
      case "ms" -> 1_000_000;
      case "s" -> 1_000_000_000;
      case "m" -> 60_000_000_000L;
      case "h" -> 3_600_000_000_000L;
      default -> 1_000; // the three ways to write microseconds
    };
  }
}
