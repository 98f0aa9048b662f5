// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.ebpfagent.log.Log;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.function.BooleanSupplier;

/** A server on loopback with several kinds of pages, and clients that misbehave. */
final class TestServer implements AutoCloseable {
  /** Much longer than anything here takes. */
  static final Duration LONGEST = Duration.ofSeconds(60);

  static final int BIG_BYTES = 24 << 20;

  final HttpServer server;
  final Queue<String> log = new ConcurrentLinkedQueue<>();

  /** The parameters that were echoed, in order. */
  final Queue<String> echoed = new ConcurrentLinkedQueue<>();

  /** Synchronizes the slow page with the test. */
  final CyclicBarrier slow = new CyclicBarrier(2);

  private final List<Socket> sockets = new ArrayList<>();

  TestServer(Limits limits) throws IOException {
    this(HttpServer.builder().limits(limits));
  }

  TestServer(HttpServer.Builder builder) throws IOException {
    Log lines = (level, message, thrown) -> log.add(level + " " + message + " " + thrown);
    server =
        builder
            .log(lines)
            .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .page("/", exchange -> exchange.send(200, "text/html; charset=utf-8", "<p>ü</p>"))
            .page("/small", exchange -> stream(exchange, 100))
            .page("/big", exchange -> stream(exchange, BIG_BYTES))
            .page("/unfinished", exchange -> exchange.open(Exchange.TEXT).write(new byte[100_000]))
            .page("/broken", TestServer::broken)
            .page("/broken-late", TestServer::brokenLate)
            .page("/nothing", exchange -> {})
            .page("/slow", this::slow)
            .page("/echo", this::echo)
            .build();
    server.start();
  }

  private void echo(Exchange exchange) throws IOException {
    echoed.addAll(exchange.parameters("name[]"));
    exchange.send(200, Exchange.TEXT, exchange.path() + exchange.parameters("name[]"));
  }

  private void slow(Exchange exchange) throws IOException {
    try {
      slow.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IOException(e);
    }
    stream(exchange, 100);
  }

  private static void stream(Exchange exchange, int size) throws IOException {
    byte[] line = "0123456789\n".repeat(6_000).getBytes(UTF_8);
    OutputStream out = exchange.open(Exchange.TEXT);
    for (int left = size; left > 0; left -= line.length) {
      out.write(line, 0, Math.min(left, line.length));
    }
    out.close();
  }

  private static void broken(Exchange exchange) throws IOException {
    exchange.open(Exchange.TEXT).write(1);
    throw new IllegalStateException("broken page");
  }

  private static void brokenLate(Exchange exchange) throws IOException {
    exchange.open(Exchange.TEXT).write(new byte[200_000]);
    throw new IOException("broken page");
  }

  int port() {
    return ((InetSocketAddress) server.address()).getPort();
  }

  boolean logs(String part) {
    return log.stream().anyMatch(line -> line.contains(part));
  }

  /** Returns the number of threads of a kind in this JVM. */
  static long threads(String kind) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("ebpf-http-" + kind))
        .count();
  }

  /** Opens a connection, which is closed with the server at the latest. */
  synchronized Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port());
    socket.setSoTimeout((int) LONGEST.toMillis());
    sockets.add(socket);
    return socket;
  }

  /** Opens a connection and sends a text. */
  Socket say(String text) throws IOException {
    Socket socket = connect();
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    return socket;
  }

  /** Opens connections that request a page and read nothing. */
  List<Socket> deaf(int count, String page) throws IOException {
    List<Socket> clients = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      clients.add(say("GET " + page + " HTTP/1.1\r\nHost: h\r\n\r\n"));
    }
    return clients;
  }

  /** Sends a request on a new connection, and reads everything until the server closes it. */
  String ask(String request) throws IOException {
    try (Socket socket = say(request)) {
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  /** Sends a GET request with additional header lines; returns the response. */
  String get(String path, String... headers) throws IOException {
    StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: h\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    return ask(request + "Connection: close\r\n\r\n");
  }

  /** Waits until a condition is true. */
  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + LONGEST.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("never: " + what);
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
