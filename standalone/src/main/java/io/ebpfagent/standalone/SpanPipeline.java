package io.ebpfagent.standalone;

import io.ebpfagent.trace.SpanRecord;
import io.ebpfagent.trace.SpanSource;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The exporters and the resource that OpenTelemetry's autoconfiguration makes of the environment,
 * without what it puts in between: kernel spans are finished, and have their ids. For one thread.
 */
final class SpanPipeline implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent.standalone");

  private static final AttributeKey<String> SERVICE_NAME = AttributeKey.stringKey("service.name");
  private static final String DEFAULT_SERVICE = "ebpf_exporter";

  /** Weaker than the environment. Only spans are exported, over HTTP. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "otel.exporter.otlp.protocol", "http/protobuf",
          "otel.java.exporter.memory_mode", "reusable_data",
          "otel.metrics.exporter", "none",
          "otel.logs.exporter", "none");

  private final SpanExporter exporter;
  private final Resource resource;
  private final Map<String, Resource> resources = new HashMap<>();
  private final IdentityHashMap<SpanSource, ExportedSource> sources = new IdentityHashMap<>();

  private SpanPipeline(SpanExporter exporter, Resource resource) {
    this.exporter = exporter;
    this.resource = resource;
  }

  /** The configured exporters; null when there are none, which was logged. */
  static @Nullable SpanPipeline open() {
    LibraryLogs.forward("io.opentelemetry");
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
      LOG.log(Level.ERROR, "no spans are exported: {0}", reason(e));
      return null;
    }
    if (exporters.isEmpty()) {
      LOG.log(Level.INFO, "no spans are exported: the OTEL_* environment names no exporter");
      return null;
    }
    return new SpanPipeline(SpanExporter.composite(exporters), resource[0]);
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

  /** Begins to send; the spans must not change until that is done. */
  @SuppressWarnings("ReferenceEquality") // there is one source object for each kind of span
  CompletableResultCode export(List<SpanRecord> spans) {
    List<SpanData> data = new ArrayList<>(spans.size());
    SpanSource last = null;
    ExportedSource exported = null;
    for (SpanRecord span : spans) {
      if (exported == null || span.source() != last) {
        last = span.source();
        exported = sources.computeIfAbsent(last, this::source);
      }
      data.add(new ExportedSpan(span, exported));
    }
    return exporter.export(data);
  }

  private ExportedSource source(SpanSource source) {
    String service = source.service();
    // The marshaller groups spans by the resource's identity.
    Resource its =
        service == null
            ? resource
            : resources.computeIfAbsent(service, name -> named(resource, name));
    return ExportedSource.of(source, its);
  }

  @Override
  public void close() {
    exporter.shutdown();
  }
}
