// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.demo;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs the shop with the javaagent and the extension, orders while a neighbour writes to the same
 * disk, and shows the slowest order's trace.
 */
public final class Demo {
  private static final int ORDERS = 30;

  /** So many come first, while classes are loaded and nobody else writes. */
  private static final int WARM_UP = 15;

  private static final Duration MAY_TAKE = Duration.ofMinutes(3);
  private static final Duration QUIET = Duration.ofSeconds(1);

  private final Path extension;
  private final Path javaagent;

  Demo(Path extension, Path javaagent) {
    this.extension = extension;
    this.javaagent = javaagent;
  }

  /**
   * Prints the tree; ends with 1 if the kernel has no part in it.
   *
   * @param arguments the extension's jar, the javaagent's, and optionally where the trace goes as
   *     Zipkin takes it
   */
  public static void main(String[] arguments) throws Exception {
    Trace trace = new Demo(Path.of(arguments[0]), Path.of(arguments[1])).run();
    System.out.print(trace.tree());
    if (arguments.length > 2) {
      Files.writeString(Path.of(arguments[2]), trace.zipkin());
    }
    if (trace.spans().stream().noneMatch(ReceivedSpan::isKernels)) {
      System.err.println("no kernel spans: this needs root, and a kernel with BTF");
      System.exit(1);
    }
  }

  /** The trace of the slowest order that waited for the disk, or of the slowest where none did. */
  Trace run() throws IOException, InterruptedException {
    // Not in /tmp, which may be memory.
    Path folder = Files.createTempDirectory(Path.of("/var/tmp"), "otel-demo-");
    Process shop = null;
    try (Receiver receiver = new Receiver()) {
      shop = start(receiver, folder);
      order(port(shop), folder);
      return slowest(receiver);
    } finally {
      if (shop != null) {
        shop.destroy();
        shop.waitFor(10, TimeUnit.SECONDS);
      }
      delete(folder);
    }
  }

  private Process start(Receiver receiver, Path folder) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-javaagent:" + javaagent,
            "-Dotel.javaagent.extensions=" + extension,
            "-Dotel.service.name=shop",
            "-Dotel.exporter.otlp.endpoint=" + receiver.endpoint(),
            "-Dotel.metrics.exporter=none",
            "-Dotel.logs.exporter=none",
            "-Dotel.bsp.schedule.delay=100",
            "-cp",
            classPath(),
            Shop.class.getName())
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .start();
  }

  /** This one's, for another folder. */
  private static String classPath() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Waits for its port, and until kernel spans are made. Reads all that it says. */
  private static int port(Process shop) throws IOException {
    List<String> lines = new ArrayList<>();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(shop.getInputStream(), StandardCharsets.UTF_8));
    int port = 0;
    boolean spans = false;
    while (port == 0 || !spans) {
      String line = out.readLine();
      if (line == null) {
        throw new IOException("the shop ended:\n" + String.join("\n", lines));
      }
      lines.add(line);
      if (line.startsWith("port ")) {
        port = Integer.parseInt(line.substring("port ".length()));
      }
      // Whether there are any, the tree says.
      spans |= line.startsWith("[ebpf-agent] ") && line.contains("kernel spans");
    }
    Thread.ofVirtual().start(() -> readOn(out));
    return port;
  }

  private static void readOn(BufferedReader out) {
    try {
      out.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      // It is over.
    }
  }

  private static void order(int port, Path folder) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/orders".formatted(port)))
            .POST(BodyPublishers.ofString("one of everything"))
            .build();
    AtomicBoolean over = new AtomicBoolean();
    try (HttpClient client = HttpClient.newHttpClient();
        ExecutorService neighbour = Executors.newSingleThreadExecutor()) {
      for (int i = 0; i < ORDERS; i++) {
        if (i == WARM_UP) {
          neighbour.execute(() -> disturb(folder.resolve("neighbour"), over));
        }
        int status = client.send(request, BodyHandlers.discarding()).statusCode();
        if (status != 200) {
          throw new IOException("the shop answered with " + status);
        }
      }
      over.set(true);
    }
  }

  /** Gives the disk something else to do. */
  private static void disturb(Path file, AtomicBoolean over) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(64 << 20);
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      while (!over.get()) {
        out.write(bytes.clear(), 0);
        out.force(false);
      }
    } catch (IOException e) {
      System.err.println("no neighbour: " + e.getMessage());
    }
  }

  private static Trace slowest(Receiver receiver) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + MAY_TAKE.toNanos();
    int seen = -1;
    List<ReceivedSpan> spans = receiver.spans();
    // Kernel spans come a moment behind the application's.
    while (orders(spans).size() < ORDERS || spans.size() != seen) {
      if (System.nanoTime() > deadline) {
        throw new IOException("%d of %d traces came".formatted(orders(spans).size(), ORDERS));
      }
      seen = spans.size();
      Thread.sleep(QUIET);
      spans = receiver.spans();
    }
    List<ReceivedSpan> all = spans;
    return orders(all).stream()
        .sorted(Comparator.comparingLong(ReceivedSpan::start))
        .skip(WARM_UP)
        .map(first -> traceOf(first, all))
        .max(
            Comparator.comparing(Demo::waitedForDisk)
                .thenComparingDouble(trace -> trace.first().millis()))
        .orElseThrow();
  }

  private static boolean waitedForDisk(Trace trace) {
    return trace.spans().stream().anyMatch(span -> span.name().equals("block-io"));
  }

  private static List<ReceivedSpan> orders(List<ReceivedSpan> spans) {
    return spans.stream().filter(span -> span.isFirst() && span.kind().equals("server")).toList();
  }

  private static Trace traceOf(ReceivedSpan first, List<ReceivedSpan> spans) {
    return new Trace(
        spans.stream().filter(span -> span.traceId().equals(first.traceId())).toList());
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
