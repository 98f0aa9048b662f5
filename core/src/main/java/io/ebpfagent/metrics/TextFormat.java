// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

/** The exposition formats that are streamed. */
public enum TextFormat {
  /** Prometheus' text format 0.0.4. */
  PROMETHEUS("text/plain; version=0.0.4; charset=utf-8"),
  /** OpenMetrics 1.0.0. The writer of the last family appends {@code # EOF}. */
  OPEN_METRICS("application/openmetrics-text; version=1.0.0; charset=utf-8");

  private final String contentType;

  TextFormat(String contentType) {
    this.contentType = contentType;
  }

  public String contentType() {
    return contentType;
  }
}
