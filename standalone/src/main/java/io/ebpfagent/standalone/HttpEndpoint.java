package io.ebpfagent.standalone;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.ebpfagent.Exporter;
import io.ebpfagent.metrics.TextFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** The HTTP server: metrics, an index page, and the raw maps in debug mode. */
final class HttpEndpoint implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent.standalone");
  private static final int THREADS = 8;
  private static final String HTML = "text/html; charset=utf-8";
  private static final String TEXT = "text/plain; charset=utf-8";

  private final HttpServer server;
  private final InetSocketAddress address;
  private final ExecutorService threads;
  private final String telemetryPath;
  private final Exporter exporter;
  private final ProcessMetrics processMetrics = new ProcessMetrics();

  private HttpEndpoint(
      HttpServer server,
      InetSocketAddress address,
      ExecutorService threads,
      String telemetryPath,
      Exporter exporter) {
    this.server = server;
    this.address = address;
    this.threads = threads;
    this.telemetryPath = telemetryPath;
    this.exporter = exporter;
  }

  /**
   * Listens; nobody is answered before {@link #start}.
   *
   * @throws IOException when the address can't be had
   */
  static HttpEndpoint listen(
      ListenAddress where, String telemetryPath, boolean debug, Exporter exporter)
      throws IOException {
    setServerDefaults();
    HttpServer server = server(where);
    AtomicInteger number = new AtomicInteger();
    ExecutorService threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "http-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    InetSocketAddress address = where.passed().isPresent() ? where.address() : server.getAddress();
    HttpEndpoint endpoint = new HttpEndpoint(server, address, threads, telemetryPath, exporter);
    server.setExecutor(threads);
    endpoint.route(telemetryPath, endpoint::metrics);
    if (!telemetryPath.equals("/")) {
      endpoint.route("/", endpoint::index);
    }
    if (debug) {
      endpoint.route("/maps", endpoint::maps);
    }
    return endpoint;
  }

  void start() {
    server.start();
  }

  private static HttpServer server(ListenAddress where) throws IOException {
    if (where.passed().isEmpty()) {
      return HttpServer.create(where.address(), 0);
    }
    // The JDK's server takes no socket that is open already: it gets one of its own, whose
    // descriptor then becomes the other's. It waits for connections only once it is started.
    InetSocketAddress placeholder = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    HttpServer server = HttpServer.create(placeholder, 0);
    try {
      where.passed().get().replaceListenerAt(server.getAddress());
      return server;
    } catch (IOException e) {
      server.stop(0);
      throw e;
    }
  }

  /** The process is ours alone, so its properties are too; the launcher's flags win. */
  private static void setServerDefaults() {
    // Without it an answer over a kept-alive connection waits 40 ms for the client's delayed ACK.
    setDefault("sun.net.httpserver.nodelay", "true");
    // Seconds. A client that stops reading holds a thread and the maps no longer than this.
    setDefault("sun.net.httpserver.maxReqTime", "30");
    setDefault("sun.net.httpserver.maxRspTime", "120");
  }

  private static void setDefault(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
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
    int millis = (int) Math.clamp(within.toMillis(), 1, Integer.MAX_VALUE);
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
    void answer(HttpExchange exchange) throws IOException;
  }

  private void route(String path, Page page) {
    server.createContext(
        path,
        exchange -> {
          // Closed only after success: closing ends the answer, and a client must be able to tell
          // half of one from a whole. On a failure the server cuts the connection instead.
          try {
            answer(exchange, path, page);
          } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "answer " + exchange.getRequestURI(), e);
            throw e;
          }
          exchange.close();
        });
  }

  private static void answer(HttpExchange exchange, String path, Page page) throws IOException {
    if (!exchange.getRequestURI().getPath().equals(path)) {
      send(exchange, 404, TEXT, "404 page not found\n");
    } else if (!exchange.getRequestMethod().matches("GET|HEAD")) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      send(exchange, 405, TEXT, "405 method not allowed\n");
    } else {
      page.answer(exchange);
    }
  }

  private void metrics(HttpExchange exchange) throws IOException {
    TextFormat format = TextFormat.of(header(exchange, "Accept"));
    OutputStream out = open(exchange, format.contentType());
    exporter.metrics().write(out, format);
    processMetrics.write(out, format);
    out.close();
  }

  private void maps(HttpExchange exchange) throws IOException {
    OutputStream out = open(exchange, TEXT);
    exporter.metrics().writeMaps(out);
    out.close();
  }

  private void index(HttpExchange exchange) throws IOException {
    send(exchange, 200, HTML, IndexPage.html(telemetryPath, exporter));
  }

  private static String header(HttpExchange exchange, String name) {
    var values = exchange.getRequestHeaders().get(name);
    return values == null ? "" : String.join(",", values);
  }

  /** Begins an answer of unknown length, compressed where the client wants it. */
  private static OutputStream open(HttpExchange exchange, String contentType) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.getResponseHeaders().set("Vary", "Accept, Accept-Encoding");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(200, -1);
      return OutputStream.nullOutputStream();
    }
    boolean gzip =
        header(exchange, "Accept-Encoding")
            .matches("(?i).*\\bgzip\\b(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$)).*");
    if (gzip) {
      exchange.getResponseHeaders().set("Content-Encoding", "gzip");
    }
    exchange.sendResponseHeaders(200, 0);
    return gzip ? new FastGzip(exchange.getResponseBody()) : exchange.getResponseBody();
  }

  private static void send(HttpExchange exchange, int status, String contentType, String body)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", contentType);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head ? -1 : bytes.length);
    if (!head) {
      exchange.getResponseBody().write(bytes);
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
    server.stop(1);
    threads.shutdownNow();
  }
}
