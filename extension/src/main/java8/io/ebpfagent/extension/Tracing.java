// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.extension;

import io.opentelemetry.context.ContextStorage;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.trace.export.SpanExporter;

/** What there is behind the service providers where the JVM can do it. Nothing here throws. */
public interface Tracing {
  /** Gives the storage of contexts one that tells the kernel what is in it. */
  ContextStorage wrap(ContextStorage storage);

  /** Takes note that the hooks in classes of the JDK are wanted. */
  void hook();

  /** Takes note of one of the application's exporters; returns the one to use in its place. */
  SpanExporter share(SpanExporter exporter);

  /** The same where the caller closes an exporter that another one takes the place of. */
  SpanExporter shareOrReplace(SpanExporter exporter);

  /** Returns an exporter that sends the kernel's metrics, too, to use in place of this one. */
  MetricExporter meter(MetricExporter exporter);

  /** The same where the caller closes an exporter that another one takes the place of. */
  MetricExporter meterOrReplace(MetricExporter exporter);

  /** Takes note of the configuration, where it is one of properties. */
  void configure(ConfigProperties properties);

  /** Begins, when the agent is installed. */
  void start(AutoConfiguredOpenTelemetrySdk sdk);
}
