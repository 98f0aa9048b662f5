// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.log.Log;
import io.ebpfagent.otel.Destination;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The exporters and the resource that OpenTelemetry's autoconfiguration makes of the environment,
 * without what it puts in between.
 */
final class ConfiguredDestination {
  private static final AttributeKey<String> SERVICE_NAME = AttributeKey.stringKey("service.name");
  private static final String DEFAULT_SERVICE = "ebpf_exporter";

  /** Where the environment says that spans go. */
  private static final List<String> ENDPOINTS =
      List.of("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");

  /** Weaker than the environment. Only spans are exported, over HTTP. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "otel.exporter.otlp.protocol", "http/protobuf",
          "otel.java.exporter.memory_mode", "reusable_data",
          "otel.metrics.exporter", "none",
          "otel.logs.exporter", "none");

  private ConfiguredDestination() {}

  /** Whether the environment says that spans go somewhere, even if no config has any. */
  static boolean isConfigured(Map<String, String> environment) {
    return !isOff(environment)
        && (!exporter(environment).isEmpty()
            || ENDPOINTS.stream().anyMatch(name -> !environment.getOrDefault(name, "").isBlank()));
  }

  /** Whether the environment says that spans go nowhere. */
  static boolean isOff(Map<String, String> environment) {
    return exporter(environment).equals("none");
  }

  private static String exporter(Map<String, String> environment) {
    return environment.getOrDefault("OTEL_TRACES_EXPORTER", "").strip();
  }

  /** The configured exporters; null when there are none, which was logged. */
  static @Nullable Destination open(Log log) {
    LibraryLogs.forward("io.opentelemetry", log);
    List<SpanExporter> exporters = new ArrayList<>();
    Resource[] resource = {Resource.getDefault()};
    try {
      AutoConfiguredOpenTelemetrySdk.builder()
          .disableShutdownHook()
          .addPropertiesSupplier(() -> DEFAULTS)
          .addResourceCustomizer(
              (configured, config) -> {
                resource[0] = named(configured);
                return resource[0];
              })
          .addSpanExporterCustomizer(
              (configured, config) -> {
                exporters.add(configured);
                // The SDK's own processor gets one that does nothing.
                return SpanExporter.composite();
              })
          .build();
    } catch (RuntimeException e) {
      log.error("no spans are exported: " + reason(e));
      return null;
    }
    if (exporters.isEmpty()) {
      log.info("no spans are exported: the OTEL_* environment names no exporter");
      return null;
    }
    return new Destination(
        SpanExporter.composite(exporters),
        resource[0],
        InstrumentationScopeInfo.builder("ebpf_exporter").setVersion(Version.version()).build());
  }

  private static String reason(Throwable thrown) {
    Throwable cause = thrown.getCause();
    return thrown.getMessage() + (cause == null ? "" : ": " + reason(cause));
  }

  /** A service that nobody named is not called after Java. */
  private static Resource named(Resource configured) {
    String name = configured.getAttribute(SERVICE_NAME);
    return name == null || name.startsWith("unknown_service")
        ? named(configured, DEFAULT_SERVICE)
        : configured;
  }

  private static Resource named(Resource resource, String service) {
    return resource.toBuilder().put(SERVICE_NAME, service).build();
  }
}
