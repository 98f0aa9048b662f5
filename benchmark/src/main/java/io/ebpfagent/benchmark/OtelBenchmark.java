// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * What the OpenTelemetry extension costs an application, on top of the javaagent alone. Always in
 * pairs, one behind the other, because machines change from one minute to the next.
 */
final class OtelBenchmark {
  private static final List<String> CASES =
      List.of("sameSpan", "siblings", "newTrace", "manyTraces", "mount");
  private static final int PAIRS = Integer.getInteger("pairs", 3);
  private static final int ROUNDS = Integer.getInteger("rounds", 16);
  private static final int STARTS = Integer.getInteger("starts", 5);
  private static final int THREADS = 2_000;

  private final List<String> plain;
  private final List<String> ours;

  private OtelBenchmark(Path extension, Path javaagent) {
    plain =
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-Dotel.javaagent.logging=none",
            "-javaagent:" + javaagent,
            "-Dotel.metrics.exporter=none",
            "-Dotel.logs.exporter=none",
            "-Dotel.bsp.max.queue.size=100000");
    ours = new ArrayList<>(plain);
    ours.add("-Dotel.javaagent.extensions=" + extension);
  }

  /**
   * Prints a table.
   *
   * @param arguments the extension's jar, and the javaagent's
   */
  public static void main(String[] arguments) throws Exception {
    OtelBenchmark benchmark = new OtelBenchmark(Path.of(arguments[0]), Path.of(arguments[1]));
    benchmark.contexts();
    try (SpanReceiver receiver = new SpanReceiver(0)) {
      List<String> endpoint = List.of("-Dotel.exporter.otlp.endpoint=" + receiver.endpoint());
      benchmark.starts(endpoint);
      benchmark.service(endpoint);
    }
  }

  private static List<String> plus(List<String> options, List<String> more) {
    List<String> all = new ArrayList<>(options);
    all.addAll(more);
    return all;
  }

  // --- Contexts
  // -----------------------------------------------------------------------------------

  private void contexts() throws RunnerException {
    System.out.printf(
        "%n%-14s %10s %10s %10s   of %d pairs of JVMs, medians of ns%n",
        "", "agent", "with ours", "on top", PAIRS);
    for (String which : CASES) {
      List<Double> without = new ArrayList<>();
      List<Double> with = new ArrayList<>();
      List<Double> differences = new ArrayList<>();
      for (int i = 0; i < PAIRS; i++) {
        double one = run(which, plain);
        double other = run(which, ours);
        without.add(one);
        with.add(other);
        differences.add(other - one);
      }
      System.out.printf(
          Locale.ROOT,
          "%-14s %10.1f %10.1f %10.1f   %.1f to %.1f%n",
          which,
          median(without),
          median(with),
          median(with) - median(without),
          Collections.min(differences),
          Collections.max(differences));
    }
  }

  private static double run(String which, List<String> options) throws RunnerException {
    Options jmh =
        new OptionsBuilder()
            .include(ContextBenchmark.class.getName().replace(".", "\\.") + "\\." + which + "$")
            .forks(1)
            .jvmArgs(
                plus(
                        options,
                        List.of(
                            "-XX:+UseSerialGC",
                            "--sun-misc-unsafe-memory-access=allow",
                            "-Dotel.traces.exporter=none",
                            "-Djdk.virtualThreadScheduler.parallelism=1"))
                    .toArray(String[]::new))
            .warmupIterations(5)
            .warmupTime(TimeValue.milliseconds(300))
            .measurementIterations(30)
            .measurementTime(TimeValue.milliseconds(50))
            .verbosity(VerboseMode.SILENT)
            .build();
    RunResult result = new Runner(jmh).runSingle();
    return result.getPrimaryResult().getStatistics().getPercentile(50);
  }

  // --- A service
  // ----------------------------------------------------------------------------------

  private void starts(List<String> endpoint) throws IOException {
    List<Double> without = new ArrayList<>();
    List<Double> with = new ArrayList<>();
    List<Double> memory = new ArrayList<>();
    for (int i = 0; i < STARTS; i++) {
      try (ServiceProcess one = ServiceProcess.start(plus(plain, endpoint), 0, "");
          ServiceProcess other = ServiceProcess.start(plus(ours, endpoint), 0, "kernel spans: ")) {
        without.add(one.startMillis());
        with.add(other.startMillis());
        memory.add((other.residentKilobytes() - one.residentKilobytes()) / 1024.0);
      }
    }
    try (ServiceProcess one = ServiceProcess.start(plus(plain, endpoint), 0, "");
        ServiceProcess many = ServiceProcess.start(plus(plain, endpoint), THREADS, "");
        ServiceProcess our = ServiceProcess.start(plus(ours, endpoint), 0, "kernel spans: ");
        ServiceProcess ourMany =
            ServiceProcess.start(plus(ours, endpoint), THREADS, "kernel spans: ")) {
      double onTop =
          (double)
                  ((ourMany.residentKilobytes() - our.residentKilobytes())
                      - (many.residentKilobytes() - one.residentKilobytes()))
              / THREADS;
      System.out.printf(
          Locale.ROOT, "%na thread       %26.1f KB  on top, of %d in spans%n", onTop, THREADS);
    }
    System.out.printf(
        Locale.ROOT,
        "start          %8.0f %8.0f %8.0f ms  until it listens, medians of %d pairs%n",
        median(without),
        median(with),
        median(with) - median(without),
        STARTS);
    System.out.printf(
        Locale.ROOT,
        "memory         %26.1f MB  on top, resident; %.1f to %.1f%n",
        median(memory),
        Collections.min(memory),
        Collections.max(memory));
  }

  private void service(List<String> endpoint) throws Exception {
    List<Double> losses = new ArrayList<>();
    List<ServiceProcess.Load> without = new ArrayList<>();
    List<ServiceProcess.Load> with = new ArrayList<>();
    for (int pair = 0; pair < 2; pair++) {
      try (ServiceProcess one = ServiceProcess.start(plus(plain, endpoint), 0, "");
          ServiceProcess other = ServiceProcess.start(plus(ours, endpoint), 0, "kernel spans: ")) {
        one.load(8);
        other.load(8);
        for (int i = 0; i < ROUNDS; i++) {
          // Which one is first alternates.
          ServiceProcess.Load first = (i % 2 == 0 ? one : other).load(1);
          ServiceProcess.Load second = (i % 2 == 0 ? other : one).load(1);
          without.add(i % 2 == 0 ? first : second);
          with.add(i % 2 == 0 ? second : first);
          losses.add(
              100
                  * (1
                      - with.getLast().requestsPerSecond()
                          / without.getLast().requestsPerSecond()));
        }
      }
    }
    Collections.sort(losses);
    System.out.printf(
        Locale.ROOT,
        "requests/s     %8.0f %8.0f %8.2f %%   lost, median of %d pairs; half of them %.2f to %.2f%n",
        median(without, ServiceProcess.Load::requestsPerSecond),
        median(with, ServiceProcess.Load::requestsPerSecond),
        median(losses),
        losses.size(),
        losses.get(losses.size() / 4),
        losses.get(losses.size() * 3 / 4));
    System.out.printf(
        Locale.ROOT,
        "p99            %8.0f %8.0f          µs  half of them %s and %s%n",
        median(without, ServiceProcess.Load::p99Micros),
        median(with, ServiceProcess.Load::p99Micros),
        half(without),
        half(with));
  }

  private static String half(List<ServiceProcess.Load> loads) {
    List<Double> sorted = loads.stream().map(ServiceProcess.Load::p99Micros).sorted().toList();
    return String.format(
        Locale.ROOT,
        "%.0f to %.0f",
        sorted.get(sorted.size() / 4),
        sorted.get(sorted.size() * 3 / 4));
  }

  private static double median(
      List<ServiceProcess.Load> loads, ToDoubleFunction<ServiceProcess.Load> of) {
    return median(loads.stream().map(of::applyAsDouble).toList());
  }

  private static double median(List<Double> numbers) {
    List<Double> sorted = numbers.stream().sorted().toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }
}
