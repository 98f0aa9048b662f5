// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.log.Log;
import io.ebpfagent.otel.Destination;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Creates the exporters and the resource that OpenTelemetry's autoconfiguration reads from the
 * environment, without the SDK's processing in between.
 */
final class ConfiguredDestination {
  private static final AttributeKey<String> SERVICE_NAME = AttributeKey.stringKey("service.name");
  private static final String DEFAULT_SERVICE = "ebpf_exporter";

  /** Variables that say where spans go. */
  private static final List<String> ENDPOINTS =
      List.of("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");

  /** Variables with headers, NAME=VALUE, the values percent-encoded. */
  private static final List<String> HEADERS =
      List.of("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS");

  /** Defaults, which the environment overrides. Only spans are exported, over HTTP. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "otel.exporter.otlp.protocol", "http/protobuf",
          "otel.java.exporter.memory_mode", "reusable_data",
          "otel.metrics.exporter", "none",
          "otel.logs.exporter", "none");

  private ConfiguredDestination() {}

  /** Whether the environment says where spans go, even if no config has any. */
  static boolean isConfigured(Map<String, String> environment) {
    return !isOff(environment)
        && (!exporter(environment).isEmpty()
            || ENDPOINTS.stream().anyMatch(name -> !environment.getOrDefault(name, "").isBlank()));
  }

  /** Whether the environment turns the export of spans off. */
  static boolean isOff(Map<String, String> environment) {
    return exporter(environment).equals("none");
  }

  private static String exporter(Map<String, String> environment) {
    return environment.getOrDefault("OTEL_TRACES_EXPORTER", "").strip();
  }

  /**
   * Returns what is wrong with the headers in the environment; null when nothing is. The library's
   * own messages have the values, which may be secrets.
   */
  static @Nullable String wrongHeader(Map<String, String> environment) {
    for (String variable : HEADERS) {
      for (String entry : environment.getOrDefault(variable, "").split(",", -1)) {
        String problem = entry.isBlank() ? null : problem(entry.strip());
        if (problem != null) {
          return variable + ": " + problem;
        }
      }
    }
    return null;
  }

  private static @Nullable String problem(String header) {
    int equals = header.indexOf('=');
    if (equals <= 0) {
      return "must be NAME=VALUE, several with commas between them";
    }
    String name = header.substring(0, equals).strip();
    try {
      String value = URLDecoder.decode(header.substring(equals + 1), StandardCharsets.UTF_8);
      return value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c != 0x7f && c <= 0xff))
          ? null
          : name + ": its value has characters that HTTP doesn't allow, such as a line break";
    } catch (IllegalArgumentException e) {
      return name + ": its value is not percent-encoded, a percent sign is %25";
    }
  }

  /** Returns the configured exporters; null when there are none, which is logged. */
  static @Nullable Destination open(Log log) {
    String wrong = wrongHeader(System.getenv());
    if (wrong != null) {
      log.error("no spans are exported: " + wrong);
      return null;
    }
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
                // The SDK's own processor gets an exporter that does nothing.
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

  /** Replaces the SDK's default service name, which is derived from Java, by ours. */
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
