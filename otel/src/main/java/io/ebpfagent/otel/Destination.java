// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.otel;

import io.ebpfagent.trace.SpanRecord;
import io.ebpfagent.trace.SpanSource;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An exporter of spans and the resource they belong to. Nothing else of an SDK is needed, because
 * kernel spans are finished and have their ids. Not thread-safe.
 */
public final class Destination {
  private static final AttributeKey<String> SERVICE_NAME = AttributeKey.stringKey("service.name");

  private final SpanExporter exporter;
  private final Resource resource;
  private final InstrumentationScopeInfo scope;
  private final Map<String, Resource> resources = new HashMap<>();
  private final IdentityHashMap<SpanSource, ExportedSource> sources = new IdentityHashMap<>();

  /**
   * @param resource the resource of spans that name no service
   * @param scope the instrumentation that made the spans
   */
  public Destination(SpanExporter exporter, Resource resource, InstrumentationScopeInfo scope) {
    this.exporter = exporter;
    this.resource = resource;
    this.scope = scope;
  }

  /** Starts to send spans; they must not change until the result is complete. */
  @SuppressWarnings("ReferenceEquality") // each kind of span has one source object
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
    @Nullable String service = source.service();
    // The marshaller groups spans by the resource's identity.
    Resource its =
        service == null
            ? resource
            : resources.computeIfAbsent(
                service, name -> resource.toBuilder().put(SERVICE_NAME, name).build());
    return ExportedSource.of(source, its, scope);
  }

  void shutdown() {
    exporter.shutdown();
  }
}
