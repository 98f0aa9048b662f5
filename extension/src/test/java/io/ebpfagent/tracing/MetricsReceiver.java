// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;

/** What an application sends its metrics to: OTLP over HTTP, decoded as any backend does. */
final class MetricsReceiver implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Batch> batches = new ArrayList<>();

  /**
   * What came in one request.
   *
   * @param resources attributes of each resource
   * @param ours our scope's metrics, by name
   * @param others metrics of other scopes, by name
   */
  record Batch(
      List<Map<String, String>> resources, Map<String, Metric> ours, Map<String, Metric> others) {
    /** One of ours, which must be there. */
    Metric metric(String name) {
      Metric metric = ours.get(name);
      if (metric == null) {
        throw new AssertionError("no " + name + " among " + ours.keySet());
      }
      return metric;
    }

    /** A counter's values by their attributes. */
    Map<Map<String, String>, Long> counter(String name) {
      Map<Map<String, String>, Long> values = new LinkedHashMap<>();
      Metric metric = ours.get(name);
      if (metric != null) {
        metric
            .getSum()
            .getDataPointsList()
            .forEach(point -> values.put(map(point.getAttributesList()), point.getAsInt()));
      }
      return values;
    }

    long total(String name) {
      return counter(name).values().stream().mapToLong(Long::longValue).sum();
    }
  }

  private MetricsReceiver() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/metrics", this::receive);
    server.setExecutor(threads);
    server.start();
  }

  static MetricsReceiver start() throws IOException {
    return new MetricsReceiver();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/metrics";
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      boolean gzip = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
      InputStream body = exchange.getRequestBody();
      add(
          ExportMetricsServiceRequest.parseFrom(
              (gzip ? new GZIPInputStream(body) : body).readAllBytes()));
      exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private synchronized void add(ExportMetricsServiceRequest request) {
    Batch batch = new Batch(new ArrayList<>(), new TreeMap<>(), new TreeMap<>());
    for (ResourceMetrics resource : request.getResourceMetricsList()) {
      batch.resources.add(map(resource.getResource().getAttributesList()));
      for (ScopeMetrics scope : resource.getScopeMetricsList()) {
        boolean ours = scope.getScope().getName().equals(KernelSpans.SCOPE);
        scope
            .getMetricsList()
            .forEach(metric -> (ours ? batch.ours : batch.others).put(metric.getName(), metric));
      }
    }
    batches.add(batch);
    notifyAll();
  }

  static Map<String, String> map(List<KeyValue> attributes) {
    Map<String, String> map = new TreeMap<>();
    attributes.forEach(entry -> map.put(entry.getKey(), text(entry.getValue())));
    return map;
  }

  private static String text(AnyValue value) {
    return switch (value.getValueCase()) {
      case INT_VALUE -> Long.toString(value.getIntValue());
      case BOOL_VALUE -> Boolean.toString(value.getBoolValue());
      default -> value.getStringValue();
    };
  }

  synchronized List<Batch> batches() {
    return List.copyOf(batches);
  }

  /** Waits for a batch; fails when it doesn't come. */
  synchronized Batch await(Predicate<Batch> which) throws InterruptedException {
    long deadline = System.nanoTime() + TracedApp.MAY_TAKE.toNanos();
    while (true) {
      for (Batch batch : batches) {
        if (which.test(batch)) {
          return batch;
        }
      }
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new AssertionError(
            "no such batch among %d; the last: %s"
                .formatted(batches.size(), batches.isEmpty() ? "" : batches.getLast()));
      }
      wait(left);
    }
  }

  /** Waits for a batch that was begun after now. */
  Batch awaitFresh() throws InterruptedException {
    int before = batches().size();
    // The next one may have been collected already.
    await(batch -> batches.size() >= before + 2);
    return batches().get(before + 1);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
