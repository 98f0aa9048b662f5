// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import java.util.Locale;
import java.util.regex.Pattern;

/** The exposition formats that are streamed. */
public enum TextFormat {
  /** Prometheus' text format 0.0.4. */
  PROMETHEUS("text/plain; version=0.0.4; charset=utf-8"),
  /** OpenMetrics 1.0.0. The writer of the last family ends it with {@code # EOF}. */
  OPEN_METRICS("application/openmetrics-text; version=1.0.0; charset=utf-8");

  private static final Pattern QUALITY = Pattern.compile("q=[0-9]+(\\.[0-9]*)?");

  private final String contentType;

  TextFormat(String contentType) {
    this.contentType = contentType;
  }

  public String contentType() {
    return contentType;
  }

  /**
   * The format that a scraper likes best, by the {@code q} of each; OpenMetrics where it likes both
   * the same, Prometheus' text where it names neither.
   */
  public static TextFormat of(String acceptHeader) {
    double openMetrics = 0;
    double text = 0;
    for (String range : acceptHeader.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = range.strip().split("\\s*;\\s*", -1);
      switch (parts[0]) {
        case "application/openmetrics-text" -> openMetrics = Math.max(openMetrics, quality(parts));
        case "text/plain" -> text = Math.max(text, quality(parts));
        default -> {}
      }
    }
    return openMetrics > 0 && openMetrics >= text ? OPEN_METRICS : PROMETHEUS;
  }

  private static double quality(String[] parts) {
    for (String part : parts) {
      if (QUALITY.matcher(part).matches()) {
        return Double.parseDouble(part.substring(2));
      }
    }
    return 1;
  }
}
