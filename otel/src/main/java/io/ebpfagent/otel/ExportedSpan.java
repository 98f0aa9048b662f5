// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.otel;

import io.ebpfagent.trace.SpanRecord;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.common.InstrumentationLibraryInfo;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.util.List;

/**
 * A span record as the exporters expect it. It is always marked as sampled, because the program
 * that emitted it decided to do so.
 */
final class ExportedSpan implements SpanData {
  private final SpanRecord span;
  private final ExportedSource source;
  private final SpanContext context;
  private final SpanContext parent;
  private final Attributes attributes;

  ExportedSpan(SpanRecord span, ExportedSource source) {
    this.span = span;
    this.source = source;
    context =
        SpanContext.create(
            span.traceId(), span.spanId(), TraceFlags.getSampled(), TraceState.getDefault());
    String parentId = span.parentSpanId();
    parent =
        parentId == null
            ? SpanContext.getInvalid()
            : SpanContext.create(
                span.traceId(), parentId, TraceFlags.getSampled(), TraceState.getDefault());
    attributes = new ExportedAttributes(source, span.values());
  }

  @Override
  public String getName() {
    return span.name();
  }

  @Override
  public SpanKind getKind() {
    return SpanKind.INTERNAL;
  }

  @Override
  public SpanContext getSpanContext() {
    return context;
  }

  @Override
  public SpanContext getParentSpanContext() {
    return parent;
  }

  @Override
  public StatusData getStatus() {
    return StatusData.unset();
  }

  @Override
  public long getStartEpochNanos() {
    return span.startEpochNanos();
  }

  @Override
  public long getEndEpochNanos() {
    return span.endEpochNanos();
  }

  @Override
  public Attributes getAttributes() {
    return attributes;
  }

  @Override
  public List<EventData> getEvents() {
    return List.of();
  }

  @Override
  public List<LinkData> getLinks() {
    return List.of();
  }

  @Override
  public boolean hasEnded() {
    return true;
  }

  @Override
  public int getTotalRecordedEvents() {
    return 0;
  }

  @Override
  public int getTotalRecordedLinks() {
    return 0;
  }

  @Override
  public int getTotalAttributeCount() {
    return attributes.size();
  }

  @Override
  @Deprecated
  public InstrumentationLibraryInfo getInstrumentationLibraryInfo() {
    return InstrumentationLibraryInfo.create(source.scope().getName(), source.scope().getVersion());
  }

  @Override
  public InstrumentationScopeInfo getInstrumentationScopeInfo() {
    return source.scope();
  }

  @Override
  public Resource getResource() {
    return source.resource();
  }
}
