// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/** Receives spans as OTLP over HTTP, and keeps them. */
final class Receiver implements AutoCloseable {
  private static final String OURS = "io.ebpfagent";

  private final HttpServer server;
  private final List<ReceivedSpan> spans = new ArrayList<>();

  Receiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/traces", this::receive);
    server.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  synchronized List<ReceivedSpan> spans() {
    return List.copyOf(spans);
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      boolean gzip = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
      InputStream body = exchange.getRequestBody();
      add(
          ExportTraceServiceRequest.parseFrom(
              (gzip ? new GZIPInputStream(body) : body).readAllBytes()));
      exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private synchronized void add(ExportTraceServiceRequest request) {
    for (ResourceSpans resource : request.getResourceSpansList()) {
      for (ScopeSpans scope : resource.getScopeSpansList()) {
        boolean ours = scope.getScope().getName().equals(OURS);
        scope.getSpansList().forEach(span -> spans.add(received(span, ours)));
      }
    }
  }

  private static ReceivedSpan received(Span span, boolean ours) {
    HexFormat hex = HexFormat.of();
    Map<String, String> attributes = new TreeMap<>();
    span.getAttributesList()
        .forEach(attribute -> attributes.put(attribute.getKey(), text(attribute.getValue())));
    String kind = span.getKind().name().replace("SPAN_KIND_", "").toLowerCase(Locale.ROOT);
    return new ReceivedSpan(
        hex.formatHex(span.getTraceId().toByteArray()),
        hex.formatHex(span.getSpanId().toByteArray()),
        hex.formatHex(span.getParentSpanId().toByteArray()),
        span.getName(),
        ours ? "kernel" : kind,
        span.getStartTimeUnixNano(),
        span.getEndTimeUnixNano(),
        attributes);
  }

  private static String text(AnyValue value) {
    return switch (value.getValueCase()) {
      case INT_VALUE -> Long.toString(value.getIntValue());
      case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
      case DOUBLE_VALUE -> Double.toString(value.getDoubleValue());
      default -> value.getStringValue();
    };
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
