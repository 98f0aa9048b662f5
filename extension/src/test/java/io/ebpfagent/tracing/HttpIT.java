// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.tracing.OtlpReceiver.Received;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever threads a server serves a request by: what the kernel sees is under that request. What
 * is true is what the client wrote into it.
 */
@ExtensionTest
class HttpIT {
  /** The span of the client, as its requests say. */
  private static final String CALLER = "00000000000000ff";

  private static final int CONNECTIONS = 8;
  private static final int REQUESTS = 25;

  /** Requests that are sent at once on one connection. */
  private static final int PIPELINED = 5;

  /** How often threads of pools say that they work for nobody, each time that is asked. */
  private static final long NOBODYS = 2 * HttpApp.NOBODYS;

  private static final List<String> OUTCOMES =
      List.of("exact", "none", "wrong", "missing", "unexpected");

  @TempDir Path dir;

  private final AtomicInteger traces = new AtomicInteger();
  private Map<String, Long> before = new LinkedHashMap<>();
  private int asked;

  private TracedApp start(OtlpReceiver receiver, String... options) throws Exception {
    TortureIT.writeConfig(dir);
    TracedApp app =
        TracedApp.builder()
            .to(receiver)
            .libraries("tomcat-", "jetty-", "netty-", "slf4j-")
            .options(
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-Dotel.ebpf.spans.kinds=off-cpu",
                "-Dotel.ebpf.spans.per-second=100000",
                "-Dotel.bsp.max.queue.size=100000",
                "-Dotel.ebpf.config.dir=" + dir,
                "-Dotel.ebpf.configs=context-truth",
                "-Djdk.virtualThreadScheduler.parallelism=2")
            .options(options)
            .start(HttpApp.class, dir.toString());
    app.awaitKernelSpans();
    app.await("ready"::equals);
    return app;
  }

  private static int port(TracedApp app, String server) throws InterruptedException {
    String line = app.await(some -> some.startsWith(server + " "));
    return Integer.parseInt(line.substring(server.length() + 1));
  }

  /**
   * Sends many requests, by connections that are kept; the ids of their traces.
   *
   * @param pipelined how many are sent before an answer is waited for
   */
  private Set<String> request(int port, String path, int pipelined) throws Exception {
    Set<String> ids = new HashSet<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<String>>> all = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        Callable<List<String>> client = () -> connection(port, path, pipelined);
        all.add(clients.submit(client));
      }
      for (Future<List<String>> one : all) {
        ids.addAll(one.get());
      }
    }
    assertThat(ids).hasSize(CONNECTIONS * REQUESTS);
    return ids;
  }

  private List<String> connection(int port, String path, int pipelined) throws IOException {
    List<String> ids = new ArrayList<>();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        OutputStream out = socket.getOutputStream();
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
      while (ids.size() < REQUESTS) {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < pipelined; i++) {
          int number = traces.incrementAndGet();
          String id = "%016x%016x".formatted(0xfeedL + number, 2L * number + (1L << 40));
          ids.add(id);
          requests.append(
              "GET %s HTTP/1.1\r\nHost: localhost\r\ntraceparent: 00-%s-%s-01\r\n\r\n"
                  .formatted(path, id, CALLER));
        }
        out.write(requests.toString().getBytes(StandardCharsets.US_ASCII));
        out.flush();
        for (int i = 0; i < pipelined; i++) {
          answer(in);
        }
      }
    }
    return ids;
  }

  /** None has a body. */
  private static void answer(BufferedReader in) throws IOException {
    String line = in.readLine();
    assertThat(line).startsWith("HTTP/1.1 200");
    while (line != null && !line.isEmpty()) {
      line = in.readLine();
    }
  }

  /** What was counted since the last time. */
  private Map<String, Long> counts(TracedApp app, OtlpReceiver receiver, String line)
      throws InterruptedException {
    app.say(line);
    app.await(("done " + line)::equals);
    asked++;
    Received latest =
        receiver.await(asked, span -> span.name().equals("counts")).stream()
            .max((a, b) -> Long.compare(a.start(), b.start()))
            .orElseThrow();
    Map<String, Long> counts = new LinkedHashMap<>();
    Map<String, Long> all = new LinkedHashMap<>();
    for (String outcome : OUTCOMES) {
      long number = Long.parseLong(latest.attribute(outcome));
      all.put(outcome, number);
      counts.put(outcome, number - before.getOrDefault(outcome, 0L));
    }
    before = all;
    return counts;
  }

  private static void allAreExact(String what, Map<String, Long> counts, int says) {
    System.out.println(what + ": " + counts);
    assertThat(counts)
        .as(what)
        .isEqualTo(
            Map.of(
                "exact",
                (long) says,
                "none",
                NOBODYS,
                "wrong",
                0L,
                "missing",
                0L,
                "unexpected",
                0L));
  }

  /** Each of these has waited, in its own trace and below a span of that. */
  private static void eachHasItsWait(String what, OtlpReceiver receiver, Set<String> ids)
      throws InterruptedException {
    // A request may have waited for a lock as well, so their number alone doesn't say all are here.
    List<Received> kernels =
        receiver.awaitAll(
            span -> span.isKernels() && isWaitOf(span, ids),
            spans -> spans.stream().map(Received::traceId).collect(Collectors.toSet()).equals(ids));
    // The application's spans come when its own processor sends them; a request's first ends last.
    List<Received> _ =
        receiver.await(
            ids.size(), span -> span.parentSpanId().equals(CALLER) && ids.contains(span.traceId()));
    Set<String> theirs =
        receiver.spans(span -> !span.isKernels() && ids.contains(span.traceId())).stream()
            .map(span -> span.traceId() + span.spanId())
            .collect(Collectors.toSet());
    assertThat(kernels)
        .as(what)
        .allMatch(span -> theirs.contains(span.traceId() + span.parentSpanId()));
  }

  private static boolean isWaitOf(Received span, Set<String> ids) {
    return span.name().equals("off-cpu")
        && span.attribute("ebpf.wait.syscall").equals("futex")
        && ids.contains(span.traceId());
  }

  @Test
  void everyRequestHasItsOwn() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app = start(receiver)) {
      int requests = CONNECTIONS * REQUESTS;
      for (String server : List.of("tomcat", "tomcat-virtual", "jetty", "jetty-virtual", "netty")) {
        int port = port(app, server);
        boolean virtual = server.endsWith("-virtual");
        // The loop says it once, then the worker twice, as all others do.
        int says = requests * (server.equals("netty") ? 3 : 2);
        for (int pipelined : List.of(1, PIPELINED)) {
          String what = server + (pipelined == 1 ? ", kept alive" : ", pipelined");
          Set<String> ids = request(port, "/plain", pipelined);
          allAreExact(what, counts(app, receiver, what), says);
          if (!virtual) {
            // One of a virtual thread gives its carrier away.
            eachHasItsWait(what, receiver, ids);
          }
        }
        if (!server.equals("netty")) {
          String what = server + ", asynchronous";
          Set<String> ids = request(port, "/async", 1);
          // Once more between, and twice by each of the others that work for it.
          boolean dispatched = server.startsWith("tomcat");
          allAreExact(what, counts(app, receiver, what), requests * (dispatched ? 7 : 5));
          // The thread between is no virtual one.
          eachHasItsWait(what, receiver, ids);
        }
        if (server.startsWith("jetty")) {
          String what = server + ", dispatched";
          Set<String> ids = request(port, "/servlet/async", 1);
          allAreExact(what, counts(app, receiver, what), requests * 7);
          eachHasItsWait(what, receiver, ids);
        }
      }
      Map<String, Long> carriers = counts(app, receiver, "carriers");
      System.out.println("carriers: " + carriers);
      assertThat(carriers.get("exact")).isGreaterThan(5_000);
      assertThat(carriers)
          .containsEntry("wrong", 0L)
          .containsEntry("missing", 0L)
          .containsEntry("unexpected", 0L);
      assertThat(app.lines()).noneMatch(line -> line.startsWith("failed"));
    }
  }

  /** Those without a record are in no span for the kernel, and they are counted. */
  @Test
  void whereRecordsRunOutNoneIsWrong() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        MetricsReceiver metrics = MetricsReceiver.start();
        TracedApp app =
            start(
                receiver,
                "-Dotel.ebpf.max-threads=6",
                // A slow disk adds carriers, each with a record, and none would be left.
                "-Djdk.virtualThreadScheduler.maxPoolSize=2",
                "-Dotel.metrics.exporter=otlp",
                "-Dotel.exporter.otlp.metrics.endpoint=" + metrics.endpoint(),
                "-Dotel.metric.export.interval=500")) {
      for (String server : List.of("tomcat", "jetty", "netty")) {
        request(port(app, server), "/plain", 1);
      }
      Map<String, Long> counts = counts(app, receiver, "few records");
      System.out.println("few records: " + counts);
      assertThat(counts).containsEntry("wrong", 0L).containsEntry("unexpected", 0L);
      assertThat(counts.get("exact")).as("%s %s", counts, app.ours()).isPositive();
      assertThat(counts.get("missing")).isPositive();
      assertThat(app.ours()).anyMatch(line -> line.contains("all 6 records of threads are in use"));
      assertThat(metrics.awaitFresh().total("ebpf_exporter_threads_left_out_total"))
          .isGreaterThan(5);
    }
  }
}
