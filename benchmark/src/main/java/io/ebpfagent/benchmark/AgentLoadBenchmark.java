// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An application under load with the agent and without: the configs that watch a JVM, 10,000 series
 * on top, and a scrape every second. Three JVMs take turns by the second, of which two have no
 * agent: what these differ in is the machine's noise. At last the programs' own statistics say what
 * the kernel's side costs.
 */
public final class AgentLoadBenchmark {
  private static final int ROUNDS = Integer.getInteger("rounds", 2);
  private static final int ROWS = 10_000;

  /** Of each JVM in a round, as fast as it can and again as many at a steady rate. */
  private static final int SECONDS = Integer.getInteger("seconds", 20);

  private static final long SCRAPED_AFTER_MILLIS = 300;

  /**
   * Before anything is measured, under load and scraped without a pause, until the compiler takes
   * less than a five-hundredth of a CPU: a host runs for months, and by then all is compiled. Else
   * its pieces of work, of some milliseconds each, hold up more requests than what is measured.
   */
  private static final int LEAST_WARM_UP_SECONDS = Integer.getInteger("warmUp", 20);

  private static final int MOST_WARM_UP_SECONDS = 300;
  private static final int WARM_UP_STEP_SECONDS = 5;
  private static final int KERNEL_SECONDS = 6;
  private static final double COMPILER_PART = 0.002;

  /**
   * Of what the application can do. The client takes its CPU time from the same CPUs, more for each
   * request than at full speed: at this rate they are busy for half of the time, at half of what
   * the application can do for nine tenths, and then each pause of the machine makes a queue.
   */
  private static final double STEADY_PART = 0.3;

  private static final String CONFIGS =
      "jvm-gc, jvm-safepoints, jvm-offcpu, jvm-runqlat, jvm-disk, jvm-net, jvm-pagefaults,"
          + " jvm-memory, jvm-compile, jvm-throttle, rows";
  private static final Pattern PROGRAM =
      Pattern.compile("ebpf_exporter_ebpf_program_info\\{config=\"([^\"]*)\".*id=\"(\\d+)\".*} 1");
  private static final Pattern RUN_TIME =
      Pattern.compile("ebpf_exporter_ebpf_program_run_time_seconds\\{id=\"(\\d+)\"} (\\S+)");

  /** One second's requests to one JVM, and what each of them took of its CPU time. */
  private record Second(HttpLoad.Result load, double cpuMicros) {}

  /** What was measured of the same JVM, or of those alike in other rounds. */
  private static final class Measured {
    final List<Second> fast = new ArrayList<>();
    final List<Second> steady = new ArrayList<>();
    final List<Double> rss = new ArrayList<>();
    final List<Double> heap = new ArrayList<>();
  }

  private final Path floor;
  private final String agent;
  private final List<Double> scrapeMillis = new ArrayList<>();
  private final ScheduledExecutorService scrapes =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());

  private AgentLoadBenchmark(Path floor, String agent) {
    this.floor = floor;
    this.agent = agent;
  }

  /**
   * Runs it.
   *
   * @param args the agent's jar, the folder of the object with room for the rows, the C program
   */
  public static void main(String[] args) throws IOException {
    Path file = Files.createTempFile("agent", ".yaml");
    try {
      Files.writeString(
          file, "ebpf: {configs: [%s], configDir: %s}%n".formatted(CONFIGS, Path.of(args[1])));
      new AgentLoadBenchmark(
              Path.of(args[2]), "-javaagent:%s=127.0.0.1:0:%s".formatted(args[0], file))
          .run();
    } finally {
      Files.delete(file);
    }
  }

  private void run() throws IOException {
    List<Measured> measured = List.of(new Measured(), new Measured(), new Measured());
    double rate = 0;
    for (int round = 0; round < ROUNDS; round++) {
      try (HostProcess one = HostProcess.start(null);
          HostProcess same = HostProcess.start(null);
          HostProcess our = HostProcess.start(agent)) {
        fill();
        requireRows(our);
        List<HostProcess> hosts = List.of(one, same, our);
        for (HostProcess host : hosts) {
          warmUp(host, host == our);
        }
        if (rate == 0) {
          double most =
              HttpLoad.run(one.port(), WARM_UP_STEP_SECONDS, HttpLoad.UNLIMITED).perSecond();
          rate = Math.rint(most * STEADY_PART / 100) * 100;
        }
        takeTurns(hosts, rate, measured);
      }
    }
    print(measured, rate);
    kernel();
  }

  private void takeTurns(List<HostProcess> hosts, double rate, List<Measured> measured)
      throws IOException {
    for (int i = 0; i < SECONDS; i++) {
      for (int j = 0; j < hosts.size(); j++) {
        // Which one is first changes.
        int which = (i + j) % hosts.size();
        boolean scraped = which == hosts.size() - 1;
        measured.get(which).fast.add(second(hosts.get(which), HttpLoad.UNLIMITED, scraped));
        measured.get(which).steady.add(second(hosts.get(which), rate, scraped));
      }
    }
    for (int which = 0; which < hosts.size(); which++) {
      measured.get(which).rss.add(hosts.get(which).rssMegabytes());
      measured.get(which).heap.add(hosts.get(which).heapMegabytes());
    }
  }

  private Second second(HostProcess host, double rate, boolean scraped) throws IOException {
    double cpu = host.cpuSeconds();
    Future<Double> scrape =
        scraped
            ? scrapes.schedule(
                () -> scrapeMillis(host), SCRAPED_AFTER_MILLIS, TimeUnit.MILLISECONDS)
            : CompletableFuture.completedFuture(0.0);
    HttpLoad.Result load = HttpLoad.run(host.port(), 1, rate);
    double millis = await(scrape);
    if (scraped) {
      scrapeMillis.add(millis);
    }
    return new Second(load, (host.cpuSeconds() - cpu) * 1e6 / load.requests());
  }

  private static double scrapeMillis(HostProcess host) throws IOException {
    long begin = System.nanoTime();
    host.scrapeAway();
    return (System.nanoTime() - begin) / 1e6;
  }

  private void print(List<Measured> measured, double rate) {
    System.out.printf(
        Locale.ROOT,
        "%-28s %10s %10s   %-24s %s%n",
        "medians",
        "without",
        "with",
        "with ÷ without [half]",
        "two without [half]");
    printRow("requests/s", measured, m -> figures(m.fast, second -> second.load.perSecond()), 0);
    printRow("CPU µs a request", measured, m -> figures(m.fast, Second::cpuMicros), 1);
    String at = " ms at %.0f/s".formatted(rate);
    printRow(
        "median" + at, measured, m -> figures(m.steady, second -> second.load.percentile(0.5)), 3);
    printRow(
        "p99" + at, measured, m -> figures(m.steady, second -> second.load.percentile(0.99)), 2);
    printRow("RSS MB, 192 of it heap", measured, m -> m.rss, 0);
    printRow("heap MB after a collection", measured, m -> m.heap, 1);
    System.out.printf(
        Locale.ROOT,
        "%-28s %10s %10.0f   its pauses are in it%n",
        "a scrape, ms",
        "",
        Spread.of(scrapeMillis).median());
  }

  private static List<Double> figures(List<Second> seconds, ToDoubleFunction<Second> figure) {
    return seconds.stream().map(figure::applyAsDouble).toList();
  }

  private static void printRow(
      String title, List<Measured> measured, Function<Measured, List<Double>> of, int digits) {
    List<List<Double>> values = measured.stream().map(of).toList();
    String number = "%." + digits + "f";
    System.out.printf(
        Locale.ROOT,
        "%-28s %10s %10s   %-24s %s%n",
        title,
        number.formatted(Spread.of(values.get(0)).median()),
        number.formatted(Spread.of(values.get(2)).median()),
        Spread.ofRatios(values.get(2), values.get(0)).halfText(2),
        Spread.ofRatios(values.get(1), values.get(0)).halfText(2));
  }

  private static <T> T await(Future<T> future) throws IOException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static void requireRows(HostProcess host) throws IOException {
    if (host.scrape().lines().filter(line -> !line.startsWith("#")).count() < ROWS) {
      throw new IOException("the rows are not there");
    }
  }

  private void warmUp(HostProcess host, boolean scraped) throws IOException {
    AtomicBoolean warm = new AtomicBoolean(!scraped);
    Future<?> scraping =
        scrapes.submit(
            () -> {
              while (!warm.get()) {
                host.scrapeAway();
              }
              return null;
            });
    try {
      double compiler = 1;
      for (int seconds = 0;
          seconds < LEAST_WARM_UP_SECONDS
              || (seconds < MOST_WARM_UP_SECONDS && compiler > COMPILER_PART);
          seconds += WARM_UP_STEP_SECONDS) {
        double before = host.compilerSeconds();
        HttpLoad.run(host.port(), WARM_UP_STEP_SECONDS, HttpLoad.UNLIMITED);
        compiler = (host.compilerSeconds() - before) / WARM_UP_STEP_SECONDS;
      }
    } finally {
      warm.set(true);
    }
    await(scraping);
    // What lives long is in the old generation then, as after months. Else it would be so only
    // where collections were many.
    host.heapMegabytes();
  }

  private void fill() throws IOException {
    Process fill =
        new ProcessBuilder(floor.toString(), "fill", "bench_rows_total", Integer.toString(ROWS))
            .inheritIO()
            .start();
    if (fill.onExit().join().exitValue() != 0) {
      throw new IOException("the map could not be filled");
    }
  }

  /** The programs' own time in one more run, in which the kernel takes it. */
  private void kernel() throws IOException {
    try (ProgramTime _ = ProgramTime.take();
        HostProcess host = HostProcess.start(agent)) {
      warmUp(host, false);
      Map<String, Double> first = runTimes(host.scrape());
      double cpu = host.cpuSeconds();
      int requests = HttpLoad.run(host.port(), KERNEL_SECONDS, HttpLoad.UNLIMITED).requests();
      cpu = host.cpuSeconds() - cpu;
      Map<String, Double> last = runTimes(host.scrape());
      System.out.printf(
          Locale.ROOT,
          "%nprograms, µs a request; the application takes %.1f of CPU, and the client's switches"
              + " are in it, too%n",
          cpu * 1e6 / requests);
      double all = 0;
      for (Map.Entry<String, Double> one : last.entrySet()) {
        double micros = (one.getValue() - first.getOrDefault(one.getKey(), 0.0)) * 1e6 / requests;
        all += micros;
        System.out.printf(Locale.ROOT, "  %-20s %8.2f%n", one.getKey(), micros);
      }
      System.out.printf(Locale.ROOT, "  %-20s %8.2f%n", "all", all);
    }
  }

  /** Seconds that the programs of each config ran. */
  private static Map<String, Double> runTimes(String text) {
    Map<String, String> configs = new HashMap<>();
    Map<String, Double> seconds = new TreeMap<>();
    text.lines()
        .map(PROGRAM::matcher)
        .filter(Matcher::matches)
        .forEach(line -> configs.put(line.group(2), line.group(1)));
    text.lines()
        .map(RUN_TIME::matcher)
        .filter(Matcher::matches)
        .forEach(
            line ->
                seconds.merge(
                    configs.getOrDefault(line.group(1), "?"),
                    Double.valueOf(line.group(2)),
                    Double::sum));
    return seconds;
  }
}
