// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Scrapes of large maps: the exporter's whole answer over HTTP beside a C program that reads the
 * same map and writes the same text to /dev/null. The two take turns, so that a slow moment of the
 * machine meets both.
 */
public final class ScrapeBenchmark {
  /** The JVM still compiles the last of what a scrape runs after some 250 of them. */
  private static final int WARM_UP = 300;

  private static final int ROUNDS = 21;

  private record Case(String title, String config, String map, int rows, boolean gzip) {}

  private static final List<Case> CASES =
      List.of(
          new Case("100,000 counters", "rows", "bench_rows_total", 100_000, false),
          new Case("100,000 counters, gzip", "rows", "bench_rows_total", 100_000, true),
          new Case("1,000,000 counters", "rows", "bench_rows_total", 1_000_000, false),
          new Case("1,000 histograms of 28", "latency", "bench_latency_seconds", 29_000, false));

  /** What one scrape took. */
  record Cost(double wallMillis, double cpuMillis) {}

  private ScrapeBenchmark() {}

  /**
   * Runs all cases.
   *
   * @param args folder of the compiled objects, the C program, the exporter's launcher
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Path objects = Path.of(args[0]);
    Path floor = Path.of(args[1]);
    Path launcher = Path.of(args[2]);
    System.out.printf(
        Locale.ROOT,
        "%-24s %22s %22s %22s %22s %7s %7s %8s%n",
        "median [min–max]",
        "C wall ms",
        "exporter wall ms",
        "C CPU ms",
        "exporter CPU ms",
        "wall ×",
        "CPU ×",
        "PSS MB");
    for (Case each : CASES) {
      run(each, objects.resolve(Integer.toString(each.rows)), floor, launcher);
    }
  }

  private static void run(Case each, Path dir, Path floor, Path launcher)
      throws IOException, InterruptedException {
    try (ExporterProcess exporter = ExporterProcess.start(launcher, dir, each.config)) {
      Process fill =
          new ProcessBuilder(floor.toString(), "fill", each.map, Integer.toString(each.rows))
              .inheritIO()
              .start();
      if (fill.waitFor() != 0) {
        throw new IOException("the map could not be filled");
      }
      List<Cost> c = new ArrayList<>();
      List<Cost> java = new ArrayList<>();
      try (FloorProcess reader = FloorProcess.start(floor, each.map)) {
        int warmUp = each.rows > 100_000 ? WARM_UP / 10 : WARM_UP;
        for (int i = 0; i < warmUp; i++) {
          exporter.scrape(each.gzip);
        }
        for (int i = 0; i < ROUNDS; i++) {
          c.add(reader.scrape());
          java.add(exporter.scrape(each.gzip));
        }
      }
      print(each.title, c, java, exporter.pssMegabytes());
    }
  }

  private static void print(String title, List<Cost> c, List<Cost> java, double pss) {
    System.out.printf(
        Locale.ROOT,
        "%-24s %22s %22s %22s %22s %7.2f %7.2f %8.0f%n",
        title,
        spread(c, Cost::wallMillis),
        spread(java, Cost::wallMillis),
        spread(c, Cost::cpuMillis),
        spread(java, Cost::cpuMillis),
        median(java, Cost::wallMillis) / median(c, Cost::wallMillis),
        median(java, Cost::cpuMillis) / median(c, Cost::cpuMillis),
        pss);
  }

  private static String spread(List<Cost> costs, ToDoubleFunction<Cost> figure) {
    double[] sorted = costs.stream().mapToDouble(figure).sorted().toArray();
    return String.format(
        Locale.ROOT,
        "%.1f [%.1f–%.1f]",
        sorted[sorted.length / 2],
        sorted[0],
        sorted[sorted.length - 1]);
  }

  private static double median(List<Cost> costs, ToDoubleFunction<Cost> figure) {
    return costs.stream().mapToDouble(figure).sorted().toArray()[costs.size() / 2];
  }

  /** A process's or thread's file under /proc. */
  static String proc(long pid, String file) throws IOException {
    return Files.readString(Path.of("/proc", Long.toString(pid), file));
  }
}
