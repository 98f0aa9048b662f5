package io.ebpfagent.metrics;

import java.util.Locale;

/** The exposition formats that are streamed. */
public enum TextFormat {
  /** Prometheus' text format 0.0.4. */
  PROMETHEUS("text/plain; version=0.0.4; charset=utf-8"),
  /** OpenMetrics 1.0.0. The writer of the last family ends it with {@code # EOF}. */
  OPEN_METRICS("application/openmetrics-text; version=1.0.0; charset=utf-8");

  private final String contentType;

  TextFormat(String contentType) {
    this.contentType = contentType;
  }

  public String contentType() {
    return contentType;
  }

  /** The format that a scraper asks for: OpenMetrics where it names it, else Prometheus' text. */
  public static TextFormat of(String acceptHeader) {
    for (String range : acceptHeader.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = range.strip().split("\\s*;\\s*", -1);
      if (parts[0].equals("application/openmetrics-text") && !refused(parts)) {
        return OPEN_METRICS;
      }
    }
    return PROMETHEUS;
  }

  private static boolean refused(String[] parts) {
    for (String part : parts) {
      if (part.matches("q=0(\\.0*)?")) {
        return true;
      }
    }
    return false;
  }
}
