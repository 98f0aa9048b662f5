// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.standalone.OtlpReceiver.Received;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Spans, from programs in the kernel to an OTLP receiver. */
@ProductTest
class SpansIT {
  private static final String YAML =
      """
      metrics:
        counters:
          - {name: given_spans_emitted_total, help: Records that were emitted}
          - {name: given_spans_refused_total, help: Records that there was no room for}
      tracing:
        spans:
          - ringbuf: given_spans
            labels:
              - {name: trace_id, size: 16, decoders: [{name: hex}]}
              - {name: parent_span_id, size: 8, decoders: [{name: hex}]}
              - {name: span_id, size: 8, decoders: [{name: hex}]}
              - {name: span_monotonic_timestamp_ns, size: 8, decoders: [{name: uint}]}
              - {name: span_duration_ns, size: 8, decoders: [{name: uint}]}
              - {name: span_name, size: 8, decoders: [{name: string}]}
              - {name: number, size: 4, decoders: [{name: uint}]}
      """;

  /** The trace of the two spans of emit-pair. */
  private static final String PAIR = "ab".repeat(16);

  private static final int BULK = 2000;

  /**
   * How long the receiver is away: sixty times 150 ms, nine times as long as an export may take.
   */
  private static final int ROUNDS = 60;

  private static final int ROUND_MILLIS = 150;
  private static final Map<String, String> IMPATIENT = Map.of("OTEL_EXPORTER_OTLP_TIMEOUT", "4000");

  /** How many times as many spans are emitted as fit in the ring buffer. */
  private static final int FULL = 5;

  /**
   * Number of spans in the trace of the exporter's start: attach, the config, and its three steps.
   */
  private static final int START_SPANS = 5;

  private static final String EXPORTED = "ebpf_exporter_spans_exported_total";
  private static final String DROPPED = "ebpf_exporter_spans_dropped_total";

  @TempDir Path dir;

  private ExporterProcess startGiven(Map<String, String> environment) throws IOException {
    Files.writeString(dir.resolve("given.yaml"), YAML);
    Files.write(dir.resolve("given.bpf.o"), Product.testObject("given-spans"));
    return ExporterProcess.start(environment, "--config.dir=" + dir, "--config.names=given");
  }

  /** Returns the path of a program of this name that does nothing. */
  private Path program(String name) throws IOException {
    Path program = dir.resolve(name);
    if (!Files.exists(program)) {
      Files.copy(Path.of("/usr/bin/true").toRealPath(), program);
      assertThat(program.toFile().setExecutable(true)).isTrue();
    }
    return program;
  }

  private void execute(String name) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(program(name).toString()).start().waitFor()).isZero();
  }

  private static long nanos(Instant instant) {
    return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
  }

  @Test
  void aProcessIsASpan() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        ExporterProcess exporter =
            ExporterProcess.start(receiver.environment(), "--config.names=exec-trace")) {
      String path = program("a-child").toString();
      Instant before = Instant.now();
      execute("a-child");
      Instant after = Instant.now();

      Received span = receiver.await(1, Received.named(path)).getFirst();
      long slack = 10_000_000;
      assertThat(span.start()).isBetween(nanos(before) - slack, span.end());
      assertThat(span.end()).isLessThan(nanos(after) + slack);
      assertThat(span.traceId()).matches("[0-9a-f]{32}").isNotEqualTo("0".repeat(32));
      assertThat(span.spanId()).matches("[0-9a-f]{16}").isNotEqualTo("0".repeat(16));
      assertThat(span.service()).isEqualTo("exec-trace");
      assertThat(span.attributes()).containsEntry("ebpf_exporter.config", "exec-trace");
      exporter.stop();
    }
  }

  @Test
  void itsStartIsATrace() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        ExporterProcess exporter =
            ExporterProcess.start(receiver.environment(), "--config.names=timers")) {
      Received root =
          receiver
              .await(1, span -> span.name().equals("attach") && span.parentSpanId().isEmpty())
              .getFirst();
      Received config =
          receiver.await(1, span -> span.parentSpanId().equals(root.spanId())).getFirst();
      assertThat(root.service()).isEqualTo("ebpf_exporter");
      assertThat(root.resource()).containsKey("telemetry.sdk.version");
      assertThat(config.name()).isEqualTo("attach timers");
      assertThat(receiver.spans(span -> span.parentSpanId().equals(config.spanId())))
          .allSatisfy(
              step -> {
                assertThat(step.traceId()).isEqualTo(root.traceId());
                assertThat(step.start()).isGreaterThanOrEqualTo(root.start());
                assertThat(step.end()).isLessThanOrEqualTo(root.end());
                assertThat(step.attributes()).containsEntry("ebpf_exporter.config", "timers");
              })
          .extracting(Received::name)
          .containsExactly("open", "load", "attach");
      exporter.stop();
    }
  }

  @Test
  void idsOfTheKernelAreKept() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start()) {
      Map<String, String> environment = new HashMap<>(receiver.environment());
      environment.put("OTEL_SERVICE_NAME", "named");
      try (ExporterProcess exporter = startGiven(environment)) {
        execute("emit-pair");

        List<Received> pair = receiver.await(2, span -> span.traceId().equals(PAIR));
        Received parent = pair.getFirst();
        Received child = pair.getLast();
        assertThat(parent.name()).isEqualTo("parent");
        assertThat(parent.spanId()).isEqualTo("11".repeat(8));
        assertThat(parent.parentSpanId()).isEmpty();
        assertThat(child.name()).isEqualTo("child");
        assertThat(child.spanId()).isEqualTo("22".repeat(8));
        assertThat(child.parentSpanId()).isEqualTo(parent.spanId());
        assertThat(child.end() - child.start()).isEqualTo(1_000);
        assertThat(child.service()).isEqualTo("named");
        assertThat(child.attributes())
            .containsOnly(Map.entry("number", "2"), Map.entry("ebpf_exporter.config", "given"));
        exporter.stop();
      }
    }
  }

  @Test
  void aStopSendsWhatIsLeft() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        ExporterProcess exporter = startGiven(receiver.environment())) {
      execute("emit-bulk");
      exporter.stop();

      assertThat(receiver.spans(Received.named("bulk"))).hasSize(BULK);
    }
  }

  /** Emits spans meanwhile. */
  @Test
  void whatAReceiverCostsThatIsAwayForLongIsCounted() throws Exception {
    OtlpReceiver first = OtlpReceiver.start();
    int port = first.port();
    Map<String, String> environment = new HashMap<>(first.environment());
    environment.putAll(IMPATIENT);
    try (ExporterProcess exporter = startGiven(environment);
        ScheduledExecutorService emitter = Executors.newSingleThreadScheduledExecutor()) {
      execute("emit-pair");
      // The spans must be counted, not only arrive: a span whose response is lost counts as
      // dropped.
      await(exporter, START_SPANS + 2, EXPORTED, Map.of());
      first.close();

      CountDownLatch away = new CountDownLatch(ROUNDS);
      Future<?> emitting =
          emitter.scheduleAtFixedRate(
              () -> {
                emitBulk();
                away.countDown();
              },
              0,
              ROUND_MILLIS,
              TimeUnit.MILLISECONDS);
      while (!away.await(1, TimeUnit.SECONDS)) {
        assertThat(emitting).isNotDone();
        // Scrapes are answered meanwhile.
        exporter.scrape();
      }
      emitting.cancel(false);
      emitter.shutdown();
      assertThat(emitter.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
      assertThat(exporter.scrape().sum(DROPPED, Map.of("reason", "export_failed"))).isPositive();

      try (OtlpReceiver second = OtlpReceiver.start(port)) {
        execute("emit-pair");
        second.await(2, span -> span.traceId().equals(PAIR));
        Exposition metrics = exporter.scrape();
        double records =
            metrics.sum(
                "ebpf_exporter_ringbuf_records_total",
                Map.of("config", "given", "ringbuf", "given_spans"));
        assertThat(records)
            .isGreaterThanOrEqualTo(4 + ROUNDS * BULK)
            .isEqualTo(metrics.sum("ebpf_exporter_given_spans_emitted_total", Map.of()));
        assertThat(metrics.sum("ebpf_exporter_given_spans_refused_total", Map.of())).isZero();
        exporter.stop();

        int arrived = first.spans(span -> true).size() + second.spans(span -> true).size();
        assertThat(exporter.log())
            .anyMatch(
                line ->
                    line.endsWith(
                        "spans: %d exported, %.0f dropped"
                            .formatted(arrived, START_SPANS + records - arrived)))
            .anyMatch(line -> line.contains("can't connect"));
      }
    } finally {
      first.close();
    }
  }

  private void emitBulk() {
    try {
      execute("emit-bulk");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void whatARingBufferHasNoRoomForIsTheOnlyLoss() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        ExporterProcess exporter = startGiven(receiver.environment())) {
      await(exporter, START_SPANS, EXPORTED, Map.of());
      // Nobody reads while more is emitted than fits in the buffer.
      exporter.signal("STOP");
      for (int i = 0; i < FULL; i++) {
        execute("emit-bulk");
      }
      exporter.signal("CONT");

      Exposition metrics = exporter.scrape();
      double emitted = metrics.sum("ebpf_exporter_given_spans_emitted_total", Map.of());
      double refused = metrics.sum("ebpf_exporter_given_spans_refused_total", Map.of());
      assertThat(emitted).isPositive();
      assertThat(refused).isPositive();
      assertThat(emitted + refused).isEqualTo(FULL * BULK);
      await(exporter, START_SPANS + emitted, EXPORTED, Map.of());
      assertThat(receiver.spans(Received.named("bulk"))).hasSize((int) emitted);
      metrics = exporter.scrape();
      assertThat(metrics.sum("ebpf_exporter_ringbuf_records_total", Map.of())).isEqualTo(emitted);
      assertThat(metrics.sum(DROPPED, Map.of())).isZero();
      exporter.stop();
    }
  }

  /** Scrapes until a counter has a value; it must not exceed it. */
  private static void await(
      ExporterProcess exporter, double count, String name, Map<String, String> labels) {
    double value =
        exporter.scrapeUntil(metrics -> metrics.sum(name, labels) >= count).sum(name, labels);
    assertThat(value).isEqualTo(count);
  }
}
