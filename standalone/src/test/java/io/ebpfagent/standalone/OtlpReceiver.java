// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A receiver of OTLP over HTTP, which decodes requests as any backend does. */
final class OtlpReceiver implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Received> spans = new ArrayList<>();

  /** A received span with its resource's attributes; ids in hex. */
  record Received(
      String name,
      String traceId,
      String parentSpanId,
      String spanId,
      long start,
      long end,
      Map<String, String> resource,
      Map<String, String> attributes) {
    static Predicate<Received> named(String name) {
      return span -> span.name().equals(name);
    }

    String service() {
      return resource.getOrDefault("service.name", "");
    }
  }

  private OtlpReceiver(int port) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/v1/traces", this::receive);
    server.setExecutor(threads);
    server.start();
  }

  static OtlpReceiver start() throws IOException {
    return new OtlpReceiver(0);
  }

  /** Starts a receiver at the port of an earlier one. */
  static OtlpReceiver start(int port) throws IOException {
    return new OtlpReceiver(port);
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Returns the variables that make an exporter send its spans here. */
  Map<String, String> environment() {
    return Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + port());
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      ExportTraceServiceRequest request =
          ExportTraceServiceRequest.parseFrom(exchange.getRequestBody().readAllBytes());
      add(request);
      exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private synchronized void add(ExportTraceServiceRequest request) {
    for (ResourceSpans resource : request.getResourceSpansList()) {
      Map<String, String> attributes = map(resource.getResource().getAttributesList());
      for (ScopeSpans scope : resource.getScopeSpansList()) {
        for (Span span : scope.getSpansList()) {
          spans.add(received(span, attributes));
        }
      }
    }
    notifyAll();
  }

  private static Received received(Span span, Map<String, String> resource) {
    HexFormat hex = HexFormat.of();
    return new Received(
        span.getName(),
        hex.formatHex(span.getTraceId().toByteArray()),
        hex.formatHex(span.getParentSpanId().toByteArray()),
        hex.formatHex(span.getSpanId().toByteArray()),
        span.getStartTimeUnixNano(),
        span.getEndTimeUnixNano(),
        resource,
        map(span.getAttributesList()));
  }

  private static Map<String, String> map(List<KeyValue> attributes) {
    return attributes.stream()
        .collect(Collectors.toMap(KeyValue::getKey, entry -> entry.getValue().getStringValue()));
  }

  synchronized List<Received> spans(Predicate<Received> which) {
    return spans.stream().filter(which).toList();
  }

  /** Waits until {@code count} spans satisfy a condition; fails after a timeout. */
  synchronized List<Received> await(int count, Predicate<Received> which)
      throws InterruptedException {
    long deadline = System.nanoTime() + Product.MAY_TAKE.toNanos();
    while (spans(which).size() < count) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new AssertionError(
            "%d of %d spans came; all: %s".formatted(spans(which).size(), count, spans));
      }
      wait(left);
    }
    return spans(which);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
