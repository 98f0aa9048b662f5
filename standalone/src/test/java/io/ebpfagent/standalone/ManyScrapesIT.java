// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many configs, many scrapes, and scrapes while the exporter stops. */
@ProductTest
class ManyScrapesIT {
  private static final int CONFIGS = 100;

  @TempDir private static Path dir;

  /** Serves all tests that don't end it. */
  private static ExporterProcess exporter;

  @BeforeAll
  static void start() {
    writeConfigs();
    exporter = ExporterProcess.start(hundredConfigs());
  }

  @AfterAll
  static void stop() throws Exception {
    try (ExporterProcess ending = exporter) {
      ending.stop();
    }
  }

  /** Two scrapers, whose scrapes overlap. */
  @Test
  void aHundredConfigsUnderTwoScrapers() throws Exception {
    try (ScheduledExecutorService clock = Executors.newScheduledThreadPool(2)) {
      CountDownLatch rounds = new CountDownLatch(20);
      List<ScheduledFuture<?>> scrapers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        scrapers.add(
            clock.scheduleAtFixedRate(
                () -> {
                  assertAllRead(exporter.scrape());
                  rounds.countDown();
                },
                0,
                200,
                TimeUnit.MILLISECONDS));
      }
      boolean done = rounds.await(60, TimeUnit.SECONDS);
      for (ScheduledFuture<?> scraper : scrapers) {
        if (scraper.isDone()) {
          scraper.get();
        }
        scraper.cancel(false);
      }
      assertThat(done).as("20 scrapes").isTrue();
    }
  }

  @Test
  void fiftyScrapesAtOnce() {
    List<CompletableFuture<HttpResponse<byte[]>>> answers =
        IntStream.range(0, 50)
            .mapToObj(
                i ->
                    exporter.sendAsync(
                        exporter
                            .request("/metrics")
                            .header("Accept", ExporterProcess.PROMETHEUS_ACCEPT)))
            .toList();
    for (CompletableFuture<HttpResponse<byte[]>> answer : answers) {
      assertThat(answer.join().statusCode()).isEqualTo(200);
      assertAllRead(Exposition.openMetrics(answer.join().body()));
    }
  }

  /** Clients that send requests repeatedly and read nothing. */
  @ParameterizedTest
  @ValueSource(ints = {24, 200})
  void clientsThatReadNothingHoldNobodyUp(int count) throws Exception {
    List<Socket> deaf = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        Socket socket = connect(exporter);
        deaf.add(socket);
        for (int j = 0; j < 100; j++) {
          request(socket, "keep-alive");
        }
      }
      for (int i = 0; i < 3; i++) {
        assertAllRead(exporter.scrape());
        assertThat(exporter.get("/")).contains("timers0");
        assertThat(exporter.get("/-/healthy")).isEqualTo("healthy\n");
      }
    } finally {
      for (Socket socket : deaf) {
        socket.close();
      }
    }
  }

  /**
   * A client gets a complete answer or an error, whichever signal ends the exporter; and the
   * exporter ends even if a client delays its answer.
   */
  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void scrapesWhileTheExporterStops(String signal) throws Exception {
    // The clients end when the exporter does; it is closed first.
    try (ExecutorService clients = Executors.newFixedThreadPool(8);
        ExporterProcess ended = ExporterProcess.start(heedingSigint(hundredConfigs()));
        Socket neverReads = connect(ended)) {
      for (int i = 0; i < 100; i++) {
        request(neverReads, "keep-alive");
      }
      CountDownLatch warm = new CountDownLatch(16);
      List<Future<Integer>> scrapers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        scrapers.add(clients.submit(() -> scrapeToTheEnd(ended, warm)));
      }
      assertThat(warm.await(60, TimeUnit.SECONDS)).isTrue();
      ended.signal(signal);
      ended.assertStops();
      for (Future<Integer> scraper : scrapers) {
        assertThat(scraper.get(60, TimeUnit.SECONDS)).isPositive();
      }
    }
  }

  /**
   * Returns an exporter that reacts to SIGINT: processes that a shell starts in the background, and
   * their children, ignore it.
   */
  private static ProcessBuilder heedingSigint(String... flags) {
    ProcessBuilder builder = ExporterProcess.process(Map.of(), flags);
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
    command.addAll(builder.command());
    return builder.command(command);
  }

  /**
   * Scrapes on a new connection each time until the exporter is gone; returns how many answers were
   * complete.
   */
  private static int scrapeToTheEnd(ExporterProcess exporter, CountDownLatch warm) {
    int whole = 0;
    while (true) {
      byte[] answer;
      try (Socket socket = connect(exporter)) {
        request(socket, "close");
        answer = socket.getInputStream().readAllBytes();
      } catch (IOException e) {
        // Refused or reset: the scraper notices.
        return whole;
      }
      String text = new String(answer, UTF_8);
      if (!text.endsWith("\r\n0\r\n\r\n")) {
        // The last chunk is missing, so the client knows that the answer is incomplete.
        return whole;
      }
      assertThat(text).startsWith("HTTP/1.1 200 ").containsPattern("# EOF\r?\n");
      whole++;
      warm.countDown();
    }
  }

  private static Socket connect(ExporterProcess exporter) throws IOException {
    URI uri = exporter.request("/metrics").build().uri();
    return new Socket(InetAddress.getLoopbackAddress(), uri.getPort());
  }

  private static void request(Socket socket, String connection) throws IOException {
    socket
        .getOutputStream()
        .write(
            """
            GET /metrics HTTP/1.1
            Host: localhost
            Connection: %s
            Accept: application/openmetrics-text

            """
                .formatted(connection)
                .replace("\n", "\r\n")
                .getBytes(US_ASCII));
  }

  private static void assertAllRead(Exposition answer) {
    assertThat(answer.samples("ebpf_exporter_enabled_configs")).hasSize(CONFIGS);
    assertThat(
            answer.samples("ebpf_exporter_timer_starts_total").stream()
                .flatMap(sample -> sample.labels().keySet().stream())
                .distinct())
        .hasSize(CONFIGS);
  }

  private static List<String> names() {
    return IntStream.range(0, CONFIGS).mapToObj(i -> "timers" + i).toList();
  }

  /** Writes a hundred copies of the example timers, each with a different label name. */
  private static void writeConfigs() {
    try {
      String config = Files.readString(Product.examples().resolve("timers.yaml"));
      for (int i = 0; i < CONFIGS; i++) {
        String name = names().get(i);
        Files.copy(Product.examples().resolve("timers.bpf.o"), dir.resolve(name + ".bpf.o"));
        Files.writeString(
            dir.resolve(name + ".yaml"), config.replace("name: function", "name: function" + i));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String[] hundredConfigs() {
    return new String[] {"--config.dir=" + dir, "--config.names=" + String.join(",", names())};
  }
}
