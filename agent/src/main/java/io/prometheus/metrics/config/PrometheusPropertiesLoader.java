// SPDX-License-Identifier: Apache-2.0
package io.prometheus.metrics.config;

/**
 * Takes the place of client_java's own, which would read the host's system properties, environment
 * and class path: what is meant for the host's client_java, or for none, could end the agent's.
 */
public final class PrometheusPropertiesLoader {
  private PrometheusPropertiesLoader() {}

  /** There are no exemplars without spans, and their thread would stand in the application. */
  public static PrometheusProperties load() {
    MetricsProperties metrics = MetricsProperties.builder().exemplarsEnabled(false).build();
    return PrometheusProperties.builder().defaultMetricsProperties(metrics).build();
  }
}
