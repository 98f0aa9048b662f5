// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.locks.LockSupport;

/**
 * Spans from a ring buffer to a receiver on the same machine: a C program has the kernel emit
 * records at a steady rate, and every one is accounted for at the end.
 */
public final class SpanBenchmark {
  private static final long SETTLES_IN_NANOS = 30_000_000_000L;

  /** Enough for the exporter's code to be compiled. */
  private static final int WARM_UP_SECONDS = 30;

  private record Case(String title, int rate, int seconds, int receiverDelayMillis) {}

  private static final List<Case> CASES =
      List.of(
          new Case("150,000/s", 150_000, 30, 0),
          new Case("200,000/s, slow receiver", 200_000, 30, 50));

  /** What the exporter says of its spans. */
  private record Counts(long records, long exported, long dropped) {
    boolean settled() {
      return records == exported + dropped;
    }
  }

  private SpanBenchmark() {}

  /**
   * Runs all cases.
   *
   * @param args folder of the compiled object, the C program, the exporter's launcher
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    System.out.printf(
        Locale.ROOT,
        "%-26s %10s %8s %10s %10s %10s %12s %8s%n",
        "",
        "emitted",
        "no room",
        "exported",
        "arrived",
        "dropped",
        "CPU µs each",
        "PSS MB");
    for (Case each : CASES) {
      run(each, Path.of(args[0]), Path.of(args[1]), Path.of(args[2]));
    }
  }

  private static void run(Case each, Path objects, Path emit, Path launcher)
      throws IOException, InterruptedException {
    try (SpanReceiver receiver = new SpanReceiver(each.receiverDelayMillis);
        ExporterProcess exporter =
            ExporterProcess.start(
                launcher,
                objects,
                "spans",
                Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint()))) {
      emit(emit, each.rate, WARM_UP_SECONDS);
      Counts before = settle(exporter);
      long arrivedBefore = receiver.spans();
      long cpu = exporter.processCpuNanos();
      long[] emitted = emit(emit, each.rate, each.seconds);
      double pss = exporter.pssMegabytes();
      Counts after = settle(exporter);
      cpu = exporter.processCpuNanos() - cpu;
      long exported = after.exported - before.exported;
      long dropped = after.dropped - before.dropped;
      System.out.printf(
          Locale.ROOT,
          "%-26s %10d %8d %10d %10d %10d %12.2f %8.0f%s%n",
          each.title,
          emitted[0],
          emitted[1],
          exported,
          receiver.spans() - arrivedBefore,
          dropped,
          cpu / 1e3 / emitted[0],
          pss,
          emitted[0] == exported + dropped ? "" : "  UNACCOUNTED");
    }
  }

  /** Emits; returns how many were emitted, and how many found no room. */
  private static long[] emit(Path emit, int rate, int seconds)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(emit.toString(), Integer.toString(rate), Integer.toString(seconds))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (Scanner out = new Scanner(process.getInputStream(), StandardCharsets.UTF_8)) {
      long[] counts = {out.nextLong(), out.nextLong()};
      process.waitFor();
      return counts;
    }
  }

  /** Waits until the exporter has done with all that it read. */
  private static Counts settle(ExporterProcess exporter) throws IOException {
    long deadline = System.nanoTime() + SETTLES_IN_NANOS;
    Counts last = counts(exporter);
    Counts counts = counts(exporter);
    while (!(counts.settled() && counts.equals(last)) && System.nanoTime() < deadline) {
      last = counts;
      LockSupport.parkNanos(500_000_000);
      counts = counts(exporter);
    }
    return counts;
  }

  private static Counts counts(ExporterProcess exporter) throws IOException {
    String text = exporter.text();
    // The trace of the exporter's start is no record of a ring buffer.
    long startTrace = 5;
    return new Counts(
        sum(text, "ebpf_exporter_ringbuf_records_total"),
        sum(text, "ebpf_exporter_spans_exported_total") - startTrace,
        sum(text, "ebpf_exporter_spans_dropped_total"));
  }

  private static long sum(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
