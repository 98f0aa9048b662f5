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
import org.jspecify.annotations.Nullable;

/** The exporter's pages: metrics, an index, and the raw maps in debug mode. */
final class HttpEndpoint implements AutoCloseable {
  private static final int BACKLOG = 1024;
  private static final String HTML = "text/html; charset=utf-8";

  /** Writes the rows of the maps. */
  @FunctionalInterface
  interface Maps {
    void write(OutputStream out) throws IOException;
  }

  private final HttpServer server;
  private final InetSocketAddress address;
  private final String telemetryPath;

  private HttpEndpoint(HttpServer server, InetSocketAddress address, String telemetryPath) {
    this.server = server;
    this.address = address;
    this.telemetryPath = telemetryPath;
  }

  /**
   * Creates an endpoint that listens but does not answer before {@link #start}.
   *
   * @param maps null when the raw maps are not served
   * @throws IOException when it can't listen on the address
   */
  static HttpEndpoint listen(
      ListenAddress where, String telemetryPath, Engine engine, @Nullable Maps maps, Log log)
      throws IOException {
    ServerSocketChannel channel = channel(where);
    InetSocketAddress address =
        where.passed().isPresent()
            ? where.address()
            : (InetSocketAddress) channel.getLocalAddress();
    HttpServer.Builder server =
        HttpServer.builder()
            .log(log)
            .channel(channel)
            .page(
                "/",
                exchange ->
                    exchange.send(200, HTML, IndexPage.html(telemetryPath, engine.configs())));
    if (maps != null) {
      server.page("/maps", exchange -> maps(exchange, maps));
    }
    ProcessMetrics process = new ProcessMetrics();
    server.page(telemetryPath, exchange -> metrics(exchange, engine, process));
    return new HttpEndpoint(server.build(), address, telemetryPath);
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

  private static void maps(Exchange exchange, Maps maps) throws IOException {
    OutputStream out = exchange.open(Exchange.TEXT);
    maps.write(out);
    out.close();
  }

  /**
   * Starts to answer requests.
   *
   * @throws IOException when the server can't start
   */
  void start() throws IOException {
    server.start();
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
