// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.extension;

import io.opentelemetry.sdk.autoconfigure.declarativeconfig.DeclarativeConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.declarativeconfig.DeclarativeConfigurationCustomizerProvider;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.trace.export.SpanExporter;

/** Configuration by a file: the exporters. What it says of us is asked for when all is there. */
public final class Declarations implements DeclarativeConfigurationCustomizerProvider {
  /** For the service loader. */
  public Declarations() {}

  @Override
  public void customize(DeclarativeConfigurationCustomizer customizer) {
    Tracing tracing = Gate.tracing();
    if (tracing != null) {
      customizer.addSpanExporterCustomizer(
          SpanExporter.class, (exporter, properties) -> tracing.shareOrReplace(exporter));
      customizer.addMetricExporterCustomizer(
          MetricExporter.class, (exporter, properties) -> tracing.meterOrReplace(exporter));
    }
  }

  /** Behind others' customizers. */
  @Override
  public int order() {
    return Integer.MAX_VALUE;
  }
}
