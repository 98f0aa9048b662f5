// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.metrics.TextFormat;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmClassLoadingMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmCompilationMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryPoolAllocationMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicLong;

/** Metrics of the JVM, of the exporter's process and of its build. */
final class ProcessMetrics {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final AtomicLong scrapes = new AtomicLong();
  private final ExpositionFormatWriter text = PrometheusTextFormatWriter.create();
  private final ExpositionFormatWriter openMetrics = OpenMetricsTextFormatWriter.create();

  ProcessMetrics() {
    // Registered one by one, without the JVM's native memory: that is only available if the JVM was
    // started with tracking, and reading it takes as long as all the others.
    JvmThreadsMetrics.builder().register(registry);
    JvmBufferPoolMetrics.builder().register(registry);
    JvmClassLoadingMetrics.builder().register(registry);
    JvmCompilationMetrics.builder().register(registry);
    JvmGarbageCollectorMetrics.builder().register(registry);
    JvmMemoryMetrics.builder().register(registry);
    JvmRuntimeInfoMetric.builder().register(registry);
    io.prometheus.metrics.instrumentation.jvm.ProcessMetrics.builder().register(registry);
    registry.register(ProcessMetrics::buildInfo);
  }

  /** Loads what a scrape needs, so that the first doesn't have to. */
  void prepare() throws IOException {
    text.write(OutputStream.nullOutputStream(), registry.scrape());
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

  /** Writes the series, followed by OpenMetrics' end mark. */
  void write(OutputStream out, TextFormat format) throws IOException {
    if (scrapes.incrementAndGet() == 2) {
      // These metrics begin with the first garbage collection after their registration. Registering
      // them at the start would cost 100 ms of CPU time.
      JvmMemoryPoolAllocationMetrics.builder().register(registry);
    }
    ExpositionFormatWriter writer = format == TextFormat.OPEN_METRICS ? openMetrics : text;
    writer.write(out, registry.scrape());
  }
}
