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
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An application under load with the agent and without: the configs that watch a JVM, 10,000 series
 * on top, and a scrape every second. Runs take turns, each in a JVM of its own. At last the
 * programs' own statistics say what the kernel's side costs.
 */
public final class AgentLoadBenchmark {
  private static final int PAIRS = Integer.getInteger("pairs", 6);
  private static final int ROWS = 10_000;

  /** Of each part of a run, measured one by one: a machine that stands still spoils one of them. */
  private static final int SECONDS = Integer.getInteger("seconds", 4);

  /**
   * Before anything is measured, under load and scraped without a pause, until the compiler takes
   * less than a fiftieth of a CPU: a host runs for months, and by then all is compiled. Else the
   * compiler takes more CPU than what is measured.
   */
  private static final int LEAST_WARM_UP_SECONDS = Integer.getInteger("warmUp", 20);

  private static final int MOST_WARM_UP_SECONDS = 90;
  private static final int WARM_UP_STEP_SECONDS = 5;
  private static final double COMPILER_PART = 0.02;

  /** Of what the application can do; more than that is a queue. */
  private static final double STEADY_PART = 0.5;

  private static final String CONFIGS =
      "jvm-gc, jvm-safepoints, jvm-offcpu, jvm-runqlat, jvm-disk, jvm-net, jvm-pagefaults,"
          + " jvm-memory, jvm-compile, jvm-throttle, rows";
  private static final Pattern PROGRAM =
      Pattern.compile("ebpf_exporter_ebpf_program_info\\{config=\"([^\"]*)\".*id=\"(\\d+)\".*} 1");
  private static final Pattern RUN_TIME =
      Pattern.compile("ebpf_exporter_ebpf_program_run_time_seconds\\{id=\"(\\d+)\"} (\\S+)");

  /** What one run came to. */
  private record Run(
      double perSecond,
      double median,
      double p99,
      double cpuMicros,
      double rss,
      double heap,
      double scrapeMillis) {}

  private final Path floor;
  private final String agent;
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
    double most;
    try (HostProcess host = HostProcess.start(null)) {
      warmUp(host, false);
      most = HttpLoad.run(host.port(), SECONDS, HttpLoad.UNLIMITED).perSecond();
    }
    double rate = Math.rint(most * STEADY_PART / 100) * 100;
    List<Run> without = new ArrayList<>();
    List<Run> with = new ArrayList<>();
    for (int i = 0; i < PAIRS; i++) {
      if (i % 2 == 0) {
        without.add(measure(null, rate));
        with.add(measure(agent, rate));
      } else {
        with.add(measure(agent, rate));
        without.add(measure(null, rate));
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%-34s %24s %24s %20s %16s%n",
        "median [min–max] of " + PAIRS,
        "without",
        "with the agent",
        "with ÷ without",
        "without ÷ same");
    print("requests/s", without, with, Run::perSecond, 0);
    print("CPU µs a request", without, with, Run::cpuMicros, 1);
    print("median ms at %.0f/s".formatted(rate), without, with, Run::median, 3);
    print("p99 ms at %.0f/s".formatted(rate), without, with, Run::p99, 2);
    print("RSS MB, 192 MB of it heap", without, with, Run::rss, 0);
    print("heap MB after a collection", without, with, Run::heap, 1);
    System.out.printf(
        Locale.ROOT,
        "%-34s %24s %24s%n",
        "a scrape, ms",
        "",
        Spread.of(with.stream().map(Run::scrapeMillis).toList()).text(0));
    kernel();
  }

  private static void print(
      String title, List<Run> without, List<Run> with, ToDoubleFunction<Run> figure, int digits) {
    List<Double> before = without.stream().map(figure::applyAsDouble).toList();
    List<Double> after = with.stream().map(figure::applyAsDouble).toList();
    // Of each run to the next of the same kind: what the machine alone does to the figure.
    Spread noise =
        Spread.ofRatios(before.subList(1, before.size()), before.subList(0, before.size() - 1));
    System.out.printf(
        Locale.ROOT,
        "%-34s %24s %24s %20s %16s%n",
        title,
        Spread.of(before).text(digits),
        Spread.of(after).text(digits),
        Spread.ofRatios(after, before).text(3),
        "%.2f–%.2f".formatted(noise.sorted()[0], noise.sorted()[noise.sorted().length - 1]));
  }

  private Run measure(@Nullable String option, double rate) throws IOException {
    try (HostProcess host = HostProcess.start(option)) {
      AtomicReference<Spread> scraped = new AtomicReference<>(new Spread(new double[] {0}));
      if (option != null) {
        fill();
        requireRows(host);
      }
      warmUp(host, option != null);
      AutoCloseable scraping = option == null ? () -> {} : scrapeEverySecond(host, scraped);
      double cpu = host.cpuSeconds();
      List<HttpLoad.Result> fast = load(host, HttpLoad.UNLIMITED);
      List<HttpLoad.Result> steady = load(host, rate);
      cpu = host.cpuSeconds() - cpu;
      double rss = host.rssMegabytes();
      stop(scraping);
      return new Run(
          median(fast, HttpLoad.Result::perSecond),
          median(steady, second -> second.percentile(0.5)),
          median(steady, second -> second.percentile(0.99)),
          cpu * 1e6 / (requests(fast) + requests(steady)),
          rss,
          host.heapMegabytes(),
          Objects.requireNonNull(scraped.get()).median());
    }
  }

  private static List<HttpLoad.Result> load(HostProcess host, double rate) throws IOException {
    List<HttpLoad.Result> seconds = new ArrayList<>();
    for (int i = 0; i < SECONDS; i++) {
      seconds.add(HttpLoad.run(host.port(), 1, rate));
    }
    return seconds;
  }

  private static double median(
      List<HttpLoad.Result> seconds, ToDoubleFunction<HttpLoad.Result> figure) {
    return Spread.of(seconds.stream().map(figure::applyAsDouble).toList()).median();
  }

  private static int requests(List<HttpLoad.Result> seconds) {
    return seconds.stream().mapToInt(second -> second.nanos().length).sum();
  }

  private static void stop(AutoCloseable scraping) throws IOException {
    try {
      scraping.close();
    } catch (Exception e) {
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
    stop(scraping::get);
  }

  private AutoCloseable scrapeEverySecond(HostProcess host, AtomicReference<Spread> scraped) {
    List<Double> millis = new ArrayList<>();
    var task =
        scrapes.scheduleAtFixedRate(
            () -> {
              try {
                long begin = System.nanoTime();
                host.scrapeAway();
                millis.add((System.nanoTime() - begin) / 1e6);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            },
            0,
            1,
            TimeUnit.SECONDS);
    return () -> {
      if (task.isDone()) {
        task.get();
      }
      task.cancel(false);
      // By the thread that scraped: after its last.
      scraped.set(scrapes.submit(() -> Spread.of(millis)).get());
    };
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
      int requests = requests(load(host, HttpLoad.UNLIMITED));
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
