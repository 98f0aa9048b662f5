// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.engine.Engine;
import io.ebpfagent.log.Log;
import io.ebpfagent.metrics.TextFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.Scheduler;

/** The HTTP server: metrics, an index page, and the raw maps in debug mode. */
final class HttpEndpoint implements AutoCloseable {
  /** One waits for connections and requests, the others answer. */
  private static final int THREADS = 9;

  private static final int BACKLOG = 128;

  /** A kept-alive connection may be silent for longer than any scrape interval in use. */
  private static final Duration IDLE = Duration.ofMinutes(5);

  /** A client that stops reading holds a thread and the maps no longer than this. */
  private static final Duration LONGEST_ANSWER = Duration.ofMinutes(2);

  /** At a stop, for answers under way, and for connections on which nothing moves. */
  private static final Duration STOP = Duration.ofSeconds(1);

  private static final Duration STOP_IDLE = Duration.ofMillis(100);
  private static final String HTML = "text/html; charset=utf-8";
  private static final String TEXT = "text/plain; charset=utf-8";

  private final Server server;
  private final InetSocketAddress address;
  private final String telemetryPath;
  private final Engine engine;
  private final Log log;
  private final ProcessMetrics processMetrics = new ProcessMetrics();
  private final Map<String, Page> pages = new HashMap<>();

  private HttpEndpoint(
      Server server,
      InetSocketAddress address,
      String telemetryPath,
      boolean debug,
      Engine engine,
      Log log) {
    this.server = server;
    this.address = address;
    this.telemetryPath = telemetryPath;
    this.engine = engine;
    this.log = log;
    pages.put("/", this::index);
    if (debug) {
      pages.put("/maps", this::maps);
    }
    pages.put(telemetryPath, this::metrics);
  }

  /**
   * Listens; nobody is answered before {@link #start}.
   *
   * @throws IOException when the address can't be had
   */
  static HttpEndpoint listen(
      ListenAddress where, String telemetryPath, boolean debug, Engine engine, Log log)
      throws IOException {
    LibraryLogs.forward("org.eclipse.jetty", log);
    QueuedThreadPool threads = new QueuedThreadPool(THREADS, 2);
    threads.setName("http");
    threads.setDaemon(true);
    threads.setReservedThreads(0);
    Server server = new Server(threads);
    server.setStopTimeout(STOP.toMillis());
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    // No acceptor: the selector's thread accepts, too.
    ServerConnector connector =
        new ServerConnector(server, null, null, null, 0, 1, new HttpConnectionFactory(http));
    connector.setIdleTimeout(IDLE.toMillis());
    connector.setShutdownIdleTimeout(STOP_IDLE.toMillis());
    server.addConnector(connector);
    ServerSocketChannel channel = channel(where);
    connector.open(channel);
    InetSocketAddress address =
        where.passed().isPresent()
            ? where.address()
            : (InetSocketAddress) channel.getLocalAddress();
    HttpEndpoint endpoint = new HttpEndpoint(server, address, telemetryPath, debug, engine, log);
    server.setHandler(endpoint.handler(connector.getScheduler()));
    return endpoint;
  }

  private static ServerSocketChannel channel(ListenAddress where) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    try {
      if (where.passed().isEmpty()) {
        return channel.bind(where.address(), BACKLOG);
      }
      // Java takes over no socket that is open already: a channel gets one of its own, whose
      // descriptor then becomes the other's.
      channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      where.passed().get().replaceListenerAt((InetSocketAddress) channel.getLocalAddress());
      return channel;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Begins to answer.
   *
   * @throws IOException when the server can't start
   */
  void start() throws IOException {
    try {
      server.start();
    } catch (Exception e) {
      throw new IOException("start the HTTP server: " + e.getMessage(), e);
    }
  }

  /** Where a browser finds the metrics. */
  String url() {
    InetAddress host = address.getAddress();
    String name = host.isAnyLocalAddress() ? "localhost" : host.getHostAddress();
    String bracketed = name.contains(":") ? "[" + name + "]" : name;
    return "http://" + bracketed + ":" + address.getPort() + telemetryPath;
  }

  /** Whether a request is answered in time: one that takes a thread and reads no map. */
  boolean answers(Duration within) {
    InetAddress host = address.getAddress();
    int millis = Math.clamp(within.toMillis(), 1, Integer.MAX_VALUE);
    try (Socket socket = new Socket()) {
      // To the wildcard address is to this machine.
      socket.connect(new InetSocketAddress(host, address.getPort()), millis);
      socket.setSoTimeout(millis);
      socket
          .getOutputStream()
          .write("OPTIONS / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      return socket.getInputStream().read() == 'H';
    } catch (IOException e) {
      return false;
    }
  }

  @FunctionalInterface
  private interface Page {
    void answer(Request request, Response response) throws IOException;
  }

  private Handler handler(Scheduler scheduler) {
    return new Handler.Abstract() {
      @Override
      public boolean handle(Request request, Response response, Callback callback) {
        Scheduler.Task deadline =
            scheduler.schedule(
                () -> request.getConnectionMetaData().getConnection().getEndPoint().close(),
                LONGEST_ANSWER.toMillis(),
                TimeUnit.MILLISECONDS);
        try {
          answer(request, response);
          callback.succeeded();
        } catch (IOException e) {
          // The client went away.
          callback.failed(e);
        } catch (RuntimeException | Error e) {
          // What was sent of an answer is cut off, so that no half of one looks whole.
          log.log(Log.Level.ERROR, "answer " + request.getHttpURI(), e);
          callback.failed(e);
        } finally {
          deadline.cancel();
        }
        return true;
      }
    };
  }

  private void answer(Request request, Response response) throws IOException {
    Page page = pages.get(Request.getPathInContext(request));
    if (page == null) {
      send(request, response, 404, TEXT, "404 page not found\n");
    } else if (!request.getMethod().matches("GET|HEAD")) {
      response.getHeaders().put(HttpHeader.ALLOW, "GET, HEAD");
      send(request, response, 405, TEXT, "405 method not allowed\n");
    } else {
      page.answer(request, response);
    }
  }

  private void metrics(Request request, Response response) throws IOException {
    TextFormat format = TextFormat.of(header(request, HttpHeader.ACCEPT));
    OutputStream out = open(request, response, format.contentType());
    engine.write(out, format);
    processMetrics.write(out, format);
    out.close();
  }

  private void maps(Request request, Response response) throws IOException {
    OutputStream out = open(request, response, TEXT);
    engine.writeMaps(out);
    out.close();
  }

  private void index(Request request, Response response) throws IOException {
    send(request, response, 200, HTML, IndexPage.html(telemetryPath, engine.configs()));
  }

  private static String header(Request request, HttpHeader name) {
    return String.join(",", request.getHeaders().getValuesList(name));
  }

  /**
   * Begins an answer of unknown length, compressed where the client wants it. To close it is to say
   * that it is whole.
   */
  private static OutputStream open(Request request, Response response, String contentType)
      throws IOException {
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
    response.getHeaders().put(HttpHeader.VARY, "Accept, Accept-Encoding");
    if (request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1) {
      // Also on a connection that closes behind it, whose end alone would not tell that all came.
      response.getHeaders().put(HttpHeader.TRANSFER_ENCODING, "chunked");
    }
    if (request.getMethod().equals("HEAD")) {
      return OutputStream.nullOutputStream();
    }
    OutputStream out = Content.Sink.asOutputStream(response);
    boolean gzip =
        header(request, HttpHeader.ACCEPT_ENCODING)
            .matches("(?i).*\\bgzip\\b(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$)).*");
    if (!gzip) {
      return out;
    }
    response.getHeaders().put(HttpHeader.CONTENT_ENCODING, "gzip");
    return new FastGzip(out);
  }

  private static void send(
      Request request, Response response, int status, String contentType, String body)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes.length);
    if (!request.getMethod().equals("HEAD")) {
      Content.Sink.write(response, true, ByteBuffer.wrap(bytes));
    }
  }

  /** Level 1: text this regular shrinks as well by it, at a third of the CPU. */
  private static final class FastGzip extends GZIPOutputStream {
    private static final int BUFFER_BYTES = 16 * 1024;

    FastGzip(OutputStream out) throws IOException {
      super(out, BUFFER_BYTES);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }

  /** Stops to listen, gives running answers a second, and cuts the rest off. */
  @Override
  public void close() {
    try {
      server.stop();
    } catch (TimeoutException e) {
      log.info("answers not sent within %d ms were cut off".formatted(STOP.toMillis()));
    } catch (Exception e) {
      log.log(Log.Level.WARNING, "stop the HTTP server", e);
    }
  }
}
