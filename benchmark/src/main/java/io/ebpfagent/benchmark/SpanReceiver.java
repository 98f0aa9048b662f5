// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/** Takes OTLP over HTTP and counts the spans, with as little work as that can be. */
final class SpanReceiver implements AutoCloseable {
  // Field numbers of opentelemetry/proto: TracesData, ResourceSpans, ScopeSpans.
  private static final int RESOURCE_SPANS = 1;
  private static final int SCOPE_SPANS = 2;
  private static final int SPANS = 2;

  private static final int LENGTH_DELIMITED = 2;

  private final HttpServer server;
  private final ExecutorService threads;
  private final LongAdder spans = new LongAdder();
  private final long delayNanos;

  /**
   * @param delayMillis how long it takes over a request; with a delay it takes one at a time
   */
  SpanReceiver(int delayMillis) throws IOException {
    delayNanos = delayMillis * 1_000_000L;
    threads = Executors.newFixedThreadPool(delayMillis > 0 ? 1 : 2);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/v1/traces", this::receive);
    server.setExecutor(threads);
    server.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  long spans() {
    return spans.sum();
  }

  private void receive(HttpExchange exchange) throws IOException {
    try (exchange) {
      ByteBuffer body = ByteBuffer.wrap(exchange.getRequestBody().readAllBytes());
      LockSupport.parkNanos(delayNanos);
      spans.add(count(body, RESOURCE_SPANS, SCOPE_SPANS, SPANS));
      exchange.sendResponseHeaders(200, -1);
    }
  }

  /** How many fields there are at this path of messages within messages. */
  private static long count(ByteBuffer message, int... path) {
    long count = 0;
    while (message.hasRemaining()) {
      int tag = (int) varint(message);
      if ((tag & 7) != LENGTH_DELIMITED) {
        varint(message);
        continue;
      }
      int length = (int) varint(message);
      if (tag >> 3 == path[0]) {
        ByteBuffer field = message.slice(message.position(), length);
        int[] rest = Arrays.copyOfRange(path, 1, path.length);
        count += rest.length == 0 ? 1 : count(field, rest);
      }
      message.position(message.position() + length);
    }
    return count;
  }

  private static long varint(ByteBuffer message) {
    long value = 0;
    int shift = 0;
    byte next = message.get();
    while (next < 0) {
      value |= (next & 0x7fL) << shift;
      shift += 7;
      next = message.get();
    }
    return value | (long) next << shift;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
