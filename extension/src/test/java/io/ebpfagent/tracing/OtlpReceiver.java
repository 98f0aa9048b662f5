// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
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
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

/** What an application sends its spans to: OTLP over HTTP, decoded as any backend does. */
final class OtlpReceiver implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Received> spans = new ArrayList<>();

  /** A span with whose it is; ids in hex, times in nanoseconds since 1970. */
  record Received(
      String name,
      String traceId,
      String parentSpanId,
      String spanId,
      long start,
      long end,
      String scope,
      Map<String, String> resource,
      Map<String, String> attributes,
      Set<String> numbers) {
    boolean isKernels() {
      return scope.equals(KernelSpans.SCOPE);
    }

    boolean isBelow(Received parent) {
      return parentSpanId.equals(parent.spanId) && traceId.equals(parent.traceId);
    }

    boolean isWithin(Received parent, long slackNanos) {
      return start >= parent.start - slackNanos && end <= parent.end + slackNanos;
    }

    long millis() {
      return (end - start) / 1_000_000;
    }

    String attribute(String key) {
      return attributes.getOrDefault(key, "");
    }
  }

  private OtlpReceiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/traces", this::receive);
    server.setExecutor(threads);
    server.start();
  }

  static OtlpReceiver start() throws IOException {
    return new OtlpReceiver();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
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
      Map<String, String> attributes = map(resource.getResource().getAttributesList());
      for (ScopeSpans scope : resource.getScopeSpansList()) {
        for (Span span : scope.getSpansList()) {
          spans.add(received(span, scope.getScope().getName(), attributes));
        }
      }
    }
    notifyAll();
  }

  private static Received received(Span span, String scope, Map<String, String> resource) {
    HexFormat hex = HexFormat.of();
    return new Received(
        span.getName(),
        hex.formatHex(span.getTraceId().toByteArray()),
        hex.formatHex(span.getParentSpanId().toByteArray()),
        hex.formatHex(span.getSpanId().toByteArray()),
        span.getStartTimeUnixNano(),
        span.getEndTimeUnixNano(),
        scope,
        resource,
        map(span.getAttributesList()),
        span.getAttributesList().stream()
            .filter(entry -> entry.getValue().hasIntValue())
            .map(KeyValue::getKey)
            .collect(Collectors.toSet()));
  }

  private static Map<String, String> map(List<KeyValue> attributes) {
    return attributes.stream()
        .collect(Collectors.toMap(KeyValue::getKey, entry -> text(entry.getValue())));
  }

  private static String text(AnyValue value) {
    return switch (value.getValueCase()) {
      case INT_VALUE -> Long.toString(value.getIntValue());
      case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
      default -> value.getStringValue();
    };
  }

  synchronized List<Received> spans(Predicate<Received> which) {
    return spans.stream().filter(which).toList();
  }

  /** Waits until there are so many of these; fails when they don't come. */
  List<Received> await(int count, Predicate<Received> which) throws InterruptedException {
    return awaitAll(which, found -> found.size() >= count);
  }

  /** Waits until these are enough; fails when they never are. */
  synchronized List<Received> awaitAll(Predicate<Received> which, Predicate<List<Received>> enough)
      throws InterruptedException {
    long deadline = System.nanoTime() + TracedApp.MAY_TAKE.toNanos();
    while (!enough.test(spans(which))) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        List<Received> found = spans(which);
        throw new AssertionError(
            "not enough spans came: %d of %d, the last %s"
                .formatted(
                    found.size(),
                    spans.size(),
                    found.subList(Math.max(0, found.size() - 9), found.size())));
      }
      wait(left);
    }
    return spans(which);
  }

  Received awaitOne(String name) throws InterruptedException {
    return await(1, span -> span.name().equals(name)).getFirst();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
