// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A running exporter, on a free port. */
final class ExporterProcess implements AutoCloseable {
  private static final Pattern SERVING = Pattern.compile(".* serving (http://[^/]+)(/.*)");

  /** The Accept header that Prometheus 3 sends. */
  static final String PROMETHEUS_ACCEPT =
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
          + "application/openmetrics-text;version=0.0.1;q=0.4,"
          + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
          + "text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

  private final Process process;
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Matcher> serving = new CompletableFuture<>();
  private final Thread logReader;
  private final HttpClient client = HttpClient.newHttpClient();

  private ExporterProcess(Process process) {
    this.process = process;
    this.logReader = Thread.ofPlatform().daemon().name("exporter-log").start(this::readLog);
  }

  /** Starts an exporter with these flags; returns when it serves. */
  static ExporterProcess start(String... flags) {
    return start(Map.of(), flags);
  }

  static ExporterProcess start(Map<String, String> environment, String... flags) {
    return start(process(environment, flags));
  }

  /** Returns the builder of an exporter that is not started yet. */
  static ProcessBuilder process(Map<String, String> environment, String... flags) {
    Stream<String> address = Stream.of("--web.listen-address=127.0.0.1:0");
    return Product.process(environment, Stream.concat(address, Stream.of(flags)).toList());
  }

  static ExporterProcess start(ProcessBuilder builder) {
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    try {
      ExporterProcess exporter = new ExporterProcess(builder.start());
      try {
        exporter.serving.get(Product.MAY_TAKE.toSeconds(), TimeUnit.SECONDS);
        return exporter;
      } catch (ExecutionException | TimeoutException | InterruptedException e) {
        exporter.close();
        throw new AssertionError(String.join("\n", exporter.log), e);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void readLog() {
    try (BufferedReader lines = process.errorReader(UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        log.add(line);
        Matcher matcher = SERVING.matcher(line);
        if (matcher.matches()) {
          serving.complete(matcher);
        }
      }
      serving.completeExceptionally(new IOException("ended before it served"));
    } catch (IOException e) {
      serving.completeExceptionally(e);
    }
  }

  long pid() {
    return process.pid();
  }

  /** Returns the lines that it has logged so far. */
  List<String> log() {
    return List.copyOf(log);
  }

  /** Returns the path of the metrics, from its log. */
  String telemetryPath() {
    return serving.join().group(2);
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(serving.join().group(1) + path))
        .timeout(Product.MAY_TAKE);
  }

  HttpResponse<byte[]> send(HttpRequest.Builder request) {
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  CompletableFuture<HttpResponse<byte[]>> sendAsync(HttpRequest.Builder request) {
    return client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  /** Returns the body of an existing page. */
  String get(String path) {
    HttpResponse<byte[]> response = send(request(path));
    assertThat(response.statusCode()).isEqualTo(200);
    return new String(response.body(), UTF_8);
  }

  /** Scrapes as Prometheus does, and checks every line. */
  Exposition scrape() {
    HttpResponse<byte[]> response =
        send(request(telemetryPath()).header("Accept", PROMETHEUS_ACCEPT));
    assertThat(response.statusCode()).isEqualTo(200);
    return Exposition.openMetrics(response.body());
  }

  /** Scrapes until the result satisfies a condition. */
  Exposition scrapeUntil(Predicate<Exposition> wanted) {
    long deadline = System.nanoTime() + Product.MAY_TAKE.toNanos();
    Exposition metrics = scrape();
    while (!wanted.test(metrics)) {
      assertThat(System.nanoTime() - deadline).as("what was waited for came").isNegative();
      metrics = scrape();
    }
    return metrics;
  }

  /** Sends SIGTERM, and checks that the exporter ends cleanly. */
  void stop() {
    // The process's own destroy() would discard what it has not logged yet.
    process.toHandle().destroy();
    assertStops();
  }

  /** Sends a signal by its name. */
  void signal(String name) {
    Machine.signal(pid(), name);
  }

  /** Waits for the end of an exporter that was told to stop, and checks it. */
  void assertStops() {
    try {
      boolean ended = process.waitFor(Product.MAY_TAKE.toSeconds(), TimeUnit.SECONDS);
      assertThat(ended).as("ended").isTrue();
      logReader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    String text = String.join("\n", log);
    assertThat(process.exitValue()).as(text).isZero();
    assertThat(text).endsWith("stopped");
    Product.assertReadable(text);
    Product.assertNoCrash();
  }

  /** For tests that fail half-way; a test that passes has stopped the exporter. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
    client.close();
  }
}
