// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.metrics.TextFormat;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.io.IOException;
import java.io.OutputStream;

/** The exporter's own process: the JVM's and the process's metrics, and what was built. */
final class ProcessMetrics {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final ExpositionFormatWriter text = PrometheusTextFormatWriter.create();
  private final ExpositionFormatWriter openMetrics = OpenMetricsTextFormatWriter.create();

  ProcessMetrics() {
    JvmMetrics.builder().register(registry);
    registry.register(ProcessMetrics::buildInfo);
  }

  private static GaugeSnapshot buildInfo() {
    return GaugeSnapshot.builder()
        .name("ebpf_exporter_build_info")
        .help("What was built and what runs it, as labels.")
        .dataPoint(
            GaugeDataPointSnapshot.builder()
                .labels(
                    Labels.of(
                        "version",
                        Version.version(),
                        "revision",
                        Version.revision(),
                        "java_version",
                        Runtime.version().toString()))
                .value(1)
                .build())
        .build();
  }

  /** Writes the series, and behind them OpenMetrics' end mark. */
  void write(OutputStream out, TextFormat format) throws IOException {
    ExpositionFormatWriter writer = format == TextFormat.OPEN_METRICS ? openMetrics : text;
    writer.write(out, registry.scrape());
  }
}
