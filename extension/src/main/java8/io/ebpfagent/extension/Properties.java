// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.extension;

import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider;
import java.util.Collections;

/** Configuration by properties and environment: the exporters, and what they say of us. */
public final class Properties implements AutoConfigurationCustomizerProvider {
  /** For the service loader. */
  public Properties() {}

  @Override
  public void customize(AutoConfigurationCustomizer customizer) {
    Tracing tracing = Gate.tracing();
    if (tracing == null) {
      return;
    }
    customizer.addPropertiesCustomizer(
        properties -> {
          tracing.configure(properties);
          return Collections.emptyMap();
        });
    customizer.addSpanExporterCustomizer((exporter, properties) -> tracing.share(exporter));
    customizer.addMetricExporterCustomizer((exporter, properties) -> tracing.meter(exporter));
  }

  /** Behind others' customizers: what spans go to in the end. */
  @Override
  public int order() {
    return Integer.MAX_VALUE;
  }
}
