// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.engine.Engine;
import io.ebpfagent.http.Exchange;
import io.ebpfagent.http.HttpServer;
import io.ebpfagent.log.Log;
import io.ebpfagent.metrics.TextFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * The exporter's pages: metrics, an index, and the raw maps in debug mode. It listens before there
 * is an engine, and requests wait for one.
 */
final class HttpEndpoint implements AutoCloseable {
  private static final int BACKLOG = 1024;
  private static final String HTML = "text/html; charset=utf-8";

  private final CompletableFuture<Engine> engine = new CompletableFuture<>();
  private final HttpServer server;
  private final InetSocketAddress address;
  private final String telemetryPath;

  private HttpEndpoint(ListenAddress where, String telemetryPath, boolean withMaps, Log log)
      throws IOException {
    this.telemetryPath = telemetryPath;
    ServerSocketChannel channel = channel(where);
    address =
        where.passed().isPresent()
            ? where.address()
            : (InetSocketAddress) channel.getLocalAddress();
    HttpServer.Builder builder =
        HttpServer.builder()
            .log(log)
            .channel(channel)
            .ready(engine::isDone)
            .page(
                "/",
                exchange ->
                    exchange.send(
                        200, HTML, IndexPage.html(telemetryPath, engine.join().configs())));
    if (withMaps) {
      builder.page("/maps", exchange -> maps(exchange, engine.join()));
    }
    ProcessMetrics process = new ProcessMetrics();
    builder.page(telemetryPath, exchange -> metrics(exchange, engine.join(), process));
    server = builder.build();
    try {
      server.start();
      process.prepare();
    } catch (IOException e) {
      server.close();
      throw e;
    }
  }

  /**
   * Listens, and takes requests; they are answered after {@link #serve}.
   *
   * @param withMaps whether to serve the raw maps
   * @throws IOException when it can't listen on the address
   */
  static HttpEndpoint listen(ListenAddress where, String telemetryPath, boolean withMaps, Log log)
      throws IOException {
    return new HttpEndpoint(where, telemetryPath, withMaps, log);
  }

  private static ServerSocketChannel channel(ListenAddress where) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    try {
      if (where.passed().isEmpty()) {
        return channel.bind(where.address(), BACKLOG);
      }
      // Java can't adopt an open socket. So a channel gets a socket of its own, whose file
      // descriptor is then replaced by the passed one.
      channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      where.passed().get().replaceListenerAt((InetSocketAddress) channel.getLocalAddress());
      return channel;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static void metrics(Exchange exchange, Engine engine, ProcessMetrics process)
      throws IOException {
    TextFormat format =
        exchange.prefers("application/openmetrics-text", "text/plain")
            ? TextFormat.OPEN_METRICS
            : TextFormat.PROMETHEUS;
    OutputStream out = exchange.open(format.contentType());
    engine.write(out, format);
    process.write(out, format);
    out.close();
  }

  private static void maps(Exchange exchange, Engine engine) throws IOException {
    OutputStream out = exchange.open(Exchange.TEXT);
    engine.writeMaps(out);
    out.close();
  }

  /** Answers requests from now on, and those that wait. */
  void serve(Engine running) {
    engine.complete(running);
  }

  /** Returns the URL of the metrics for a browser on this machine. */
  String url() {
    InetAddress host = address.getAddress();
    String name = host.isAnyLocalAddress() ? "localhost" : host.getHostAddress();
    String bracketed = name.contains(":") ? "[" + name + "]" : name;
    return "http://" + bracketed + ":" + address.getPort() + telemetryPath;
  }

  /** Whether a request would be answered within a time, regardless of other clients. */
  boolean works(Duration within) throws InterruptedException {
    return server.works(within);
  }

  @Override
  public void close() {
    server.close();
  }
}
