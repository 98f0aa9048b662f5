// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What the OpenTelemetry extension costs an application, on top of the javaagent alone. Always in
 * pairs of JVMs that take turns, because machines change from one minute to the next.
 */
final class OtelBenchmark {
  private static final String CASES = "sameSpan siblings newTrace manyTraces mount";
  private static final String PARTS = "contexts memory service query switched";
  private static final String ATTACHED = "] kernel spans: ";

  private static final int PAIRS = Integer.getInteger("pairs", 3);
  private static final int TURNS = Integer.getInteger("turns", 12);
  private static final int STARTS = Integer.getInteger("starts", 5);
  private static final int WARM_UP_MILLIS = 1_500;
  private static final int TURN_MILLIS = 100;

  /** JVMs that are alike differ by more than the extension costs, so there are new ones each. */
  private static final int ROUNDS = Integer.getInteger("rounds", 6);

  /** The compiler has to do for so long, and takes more CPU meanwhile than what is measured. */
  private static final int LOAD_WARM_UPS = Integer.getInteger("warmUps", 6);

  private static final double LOAD_WARM_UP_SECONDS = 4;
  private static final int LOAD_TURNS = Integer.getInteger("loadTurns", 16);
  private static final double LOAD_SECONDS = 0.5;
  private static final int PROGRAMS_SECONDS = 4;
  private static final int SWITCHES = Integer.getInteger("switches", 100);
  private static final double SWITCHED_SECONDS = 2;
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
    ours = plus(plain, "-Dotel.javaagent.extensions=" + extension);
  }

  /**
   * Prints a table.
   *
   * @param arguments the extension's jar, and the javaagent's
   */
  public static void main(String[] arguments) throws Exception {
    OtelBenchmark benchmark = new OtelBenchmark(Path.of(arguments[0]), Path.of(arguments[1]));
    System.out.printf("%-26s %10s %10s%n", "medians", "agent", "with ours");
    List<String> parts = List.of(System.getProperty("parts", PARTS).split(" ", -1));
    if (parts.contains("contexts")) {
      benchmark.contexts();
    }
    try (SpanReceiver receiver = new SpanReceiver(0)) {
      String endpoint = "-Dotel.exporter.otlp.endpoint=" + receiver.endpoint();
      if (parts.contains("memory")) {
        benchmark.starts(endpoint);
        benchmark.threads(endpoint);
      }
      if (parts.contains("service")) {
        benchmark.service("a service that computes", endpoint);
      }
      if (parts.contains("query")) {
        benchmark.service("a service with a database", endpoint, "-Dquery=true");
      }
      if (parts.contains("switched")) {
        benchmark.switched(endpoint);
      }
    }
  }

  private static List<String> plus(List<String> options, String... more) {
    List<String> all = new ArrayList<>(options);
    Collections.addAll(all, more);
    return all;
  }

  /** The same measure, without the extension and with it, one right after the other. */
  private static final class Pairs {
    private final List<Double> without = new ArrayList<>();
    private final List<Double> with = new ArrayList<>();

    void add(double one, double other) {
      without.add(one);
      with.add(other);
    }

    /** As differences. */
    void print(String title, int digits, String bar) {
      print(title, digits, differences(), bar);
    }

    List<Double> differences() {
      return IntStream.range(0, with.size()).mapToObj(this::onTop).toList();
    }

    private double onTop(int pair) {
      return with.get(pair) - without.get(pair);
    }

    /** As parts in percent by which it is less. */
    void printLoss(String title, String bar) {
      print(title, 0, losses(), bar);
    }

    List<Double> losses() {
      return IntStream.range(0, with.size())
          .mapToObj(i -> -100 * onTop(i) / without.get(i))
          .toList();
    }

    private void print(String title, int digits, List<Double> results, String bar) {
      double[] sorted = Spread.of(results).sorted();
      String number = "%." + digits + "f";
      System.out.printf(
          Locale.ROOT,
          "%-26s %10s %10s   %+.1f [%+.1f to %+.1f] %s%n",
          title,
          number.formatted(Spread.of(without).median()),
          number.formatted(Spread.of(with).median()),
          Spread.of(results).median(),
          sorted[sorted.length / 4],
          sorted[sorted.length * 3 / 4],
          bar);
    }
  }

  private void contexts() throws IOException {
    String[] cases = System.getProperty("cases", CASES).split(" ", -1);
    Map<String, Pairs> pairs = new LinkedHashMap<>();
    for (int i = 0; i < PAIRS; i++) {
      try (ContextProcess one = ContextProcess.start(plain);
          ContextProcess other = ContextProcess.start(ours)) {
        for (String which : cases) {
          one.nanos(which, WARM_UP_MILLIS);
          other.nanos(which, WARM_UP_MILLIS);
        }
        for (String which : cases) {
          Pairs its = pairs.computeIfAbsent(which, key -> new Pairs());
          for (int turn = 0; turn < TURNS; turn++) {
            its.add(one.nanos(which, TURN_MILLIS), other.nanos(which, TURN_MILLIS));
          }
        }
      }
    }
    pairs.forEach(
        (which, its) -> {
          boolean mount = which.equals("mount");
          its.print(
              mount ? "unmount and mount, ns" : which + ", ns",
              1,
              "on top, half of %d turns; bar %d".formatted(PAIRS * TURNS, mount ? 25 : 40));
        });
  }

  private void starts(String endpoint) throws Exception {
    Pairs starts = new Pairs();
    Pairs resident = new Pairs();
    Pairs heap = new Pairs();
    for (int i = 0; i < STARTS; i++) {
      try (ServiceProcess one = ServiceProcess.start(plus(plain, endpoint), 0, "");
          ServiceProcess other = ServiceProcess.start(plus(ours, endpoint), 0, ATTACHED)) {
        starts.add(one.startMillis(), other.startMillis());
        heap.add(one.heapMegabytes(), other.heapMegabytes());
        resident.add(one.rssMegabytes(), other.rssMegabytes());
      }
    }
    String of = "on top, half of %d".formatted(STARTS);
    starts.print("start, ms", 0, of);
    resident.print("RSS MB, 192 of it heap", 1, of);
    heap.print("heap MB", 1, of);
  }

  private void threads(String endpoint) throws IOException {
    try (ServiceProcess one = ServiceProcess.start(plus(plain, endpoint), 0, "");
        ServiceProcess many = ServiceProcess.start(plus(plain, endpoint), THREADS, "");
        ServiceProcess our = ServiceProcess.start(plus(ours, endpoint), 0, ATTACHED);
        ServiceProcess ourMany = ServiceProcess.start(plus(ours, endpoint), THREADS, ATTACHED)) {
      double without = 1_024 * (many.rssMegabytes() - one.rssMegabytes()) / THREADS;
      double with = 1_024 * (ourMany.rssMegabytes() - our.rssMegabytes()) / THREADS;
      System.out.printf(
          Locale.ROOT,
          "%-26s %10.1f %10.1f   %+.1f on top, of %d in spans%n",
          "RSS KB a thread",
          without,
          with,
          with - without,
          THREADS);
    }
  }

  /**
   * Three services take turns, of which two are alike: what these differ in is the machine's noise,
   * and the third is compared with what is between them. All of them pass the kernel's programs, as
   * does all else on the machine.
   */
  private void service(String title, String... options) throws IOException {
    System.out.println(title);
    List<Turn> one = new ArrayList<>();
    List<Turn> same = new ArrayList<>();
    List<Turn> without = new ArrayList<>();
    List<Turn> with = new ArrayList<>();
    List<Double> programs = new ArrayList<>();
    List<Double> parts = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      try (Trio services = Trio.start(round, plus(plain, options), plus(ours, options))) {
        List<Turn> medians = takeTurns(services.all);
        one.add(medians.get(0));
        same.add(medians.get(1));
        without.add(Turn.mean(medians.get(0), medians.get(1)));
        with.add(medians.get(2));
        addPrograms(services.all.get(2), programs, parts);
      }
    }
    printServices(one, same, ", without", "");
    printServices(without, with, "", "; bar 1");
    System.out.printf(
        Locale.ROOT,
        "%-26s %10s %10.1f   by their statistics, the client's thread switches included: %.1f %%%n",
        "programs, µs a request",
        "",
        Spread.of(programs).median(),
        Spread.of(parts).median());
  }

  /**
   * One service, whose extension is switched off and on: what JVMs differ in doesn't show. Which of
   * the two comes first changes.
   */
  private void switched(String endpoint) throws IOException, InterruptedException {
    Path agent = Files.createTempFile("switch", ".jar");
    try {
      ProgramSwitch.write(agent);
      List<String> all = plus(ours, endpoint, "-javaagent:" + agent);
      List<Turn> without = new ArrayList<>();
      List<Turn> with = new ArrayList<>();
      try (ServiceProcess service = ServiceProcess.start(all, 0, ATTACHED)) {
        for (int i = 0; i < 2 * LOAD_WARM_UPS; i++) {
          service.set(i % 2 == 1);
          HttpLoad.run(service.port(), LOAD_WARM_UP_SECONDS, HttpLoad.UNLIMITED);
        }
        for (int i = 0; i < 2 * SWITCHES; i++) {
          boolean on = i % 4 == 1 || i % 4 == 2;
          service.set(on);
          (on ? with : without).add(turn(service, SWITCHED_SECONDS));
        }
      }
      System.out.println("a service that computes, switched");
      Pairs rates = pairs(without, with, Turn::perSecond);
      printSwitched("requests/s", rates, rates.losses(), "% fewer");
      Pairs waits = pairs(without, with, Turn::p99Micros);
      printSwitched("p99, µs", waits, waits.differences(), "on top");
      Pairs times = pairs(without, with, Turn::cpuMicros);
      printSwitched("CPU µs a request", times, times.differences(), "on top");
    } finally {
      Files.delete(agent);
    }
  }

  private static void printSwitched(String title, Pairs pairs, List<Double> results, String what) {
    Spread spread = Spread.of(results);
    System.out.printf(
        Locale.ROOT,
        "%-26s %10.1f %10.1f   %+.2f %s, standard error %.2f, %d turns%n",
        title,
        Spread.of(pairs.without).median(),
        Spread.of(pairs.with).median(),
        spread.trimmedMean(),
        what,
        spread.standardError(),
        results.size());
  }

  /** Two services without the extension, and the third one with it. */
  private record Trio(List<ServiceProcess> all) implements AutoCloseable {
    /** Which one starts first changes with the round: a first one may answer some percent less. */
    static Trio start(int round, List<String> without, List<String> with) throws IOException {
      ServiceProcess[] all = new ServiceProcess[3];
      for (int i = 0; i < all.length; i++) {
        int which = (round + i) % all.length;
        boolean ours = which == all.length - 1;
        all[which] = ServiceProcess.start(ours ? with : without, 0, ours ? ATTACHED : "");
      }
      return new Trio(List.of(all));
    }

    @Override
    public void close() throws IOException {
      for (ServiceProcess service : all) {
        service.close();
      }
    }
  }

  /** For each service the median of its turns. */
  private static List<Turn> takeTurns(List<ServiceProcess> services) throws IOException {
    for (int i = 0; i < LOAD_WARM_UPS; i++) {
      for (ServiceProcess service : services) {
        HttpLoad.run(service.port(), LOAD_WARM_UP_SECONDS, HttpLoad.UNLIMITED);
      }
    }
    List<List<Turn>> turns = services.stream().<List<Turn>>map(_ -> new ArrayList<>()).toList();
    for (int i = 0; i < LOAD_TURNS; i++) {
      for (int j = 0; j < services.size(); j++) {
        // Which one is first changes.
        int which = (i + j) % services.size();
        turns.get(which).add(turn(services.get(which), LOAD_SECONDS));
      }
    }
    return turns.stream().map(Turn::median).toList();
  }

  private static void printServices(List<Turn> without, List<Turn> with, String whose, String bar) {
    String of = "half of %d rounds".formatted(with.size());
    pairs(without, with, Turn::perSecond).printLoss("requests/s" + whose, "% lost, " + of + bar);
    pairs(without, with, Turn::p99Micros).print("p99, µs" + whose, 0, "on top, " + of);
    pairs(without, with, Turn::cpuMicros).print("CPU µs a request" + whose, 1, "on top, " + of);
  }

  /** Microseconds of each request, and as part in percent of all CPUs' time. */
  private static void addPrograms(
      ServiceProcess service, List<Double> micros, List<Double> percents) throws IOException {
    try (ProgramTime time = ProgramTime.take()) {
      long before = time.nanos(service.pid());
      HttpLoad.Result load = HttpLoad.run(service.port(), PROGRAMS_SECONDS, HttpLoad.UNLIMITED);
      long nanos = time.nanos(service.pid()) - before;
      double each = (double) nanos / load.requests();
      micros.add(each / 1e3);
      percents.add(each * load.perSecond() / 1e7 / Runtime.getRuntime().availableProcessors());
    }
  }

  /** Some requests to one service, and what each of them took of its CPU time. */
  private record Turn(double perSecond, double p99Micros, double cpuMicros) {
    static Turn median(List<Turn> turns) {
      return new Turn(
          median(turns, Turn::perSecond),
          median(turns, Turn::p99Micros),
          median(turns, Turn::cpuMicros));
    }

    static Turn mean(Turn one, Turn other) {
      return new Turn(
          (one.perSecond + other.perSecond) / 2,
          (one.p99Micros + other.p99Micros) / 2,
          (one.cpuMicros + other.cpuMicros) / 2);
    }

    private static double median(List<Turn> turns, ToDoubleFunction<Turn> figure) {
      return Spread.of(turns.stream().map(figure::applyAsDouble).toList()).median();
    }
  }

  private static Turn turn(ServiceProcess service, double seconds) throws IOException {
    double cpu = service.cpuSeconds();
    HttpLoad.Result load = HttpLoad.run(service.port(), seconds, HttpLoad.UNLIMITED);
    return new Turn(
        load.perSecond(),
        load.percentile(0.99) * 1e3,
        1e6 * (service.cpuSeconds() - cpu) / load.requests());
  }

  private static Pairs pairs(List<Turn> without, List<Turn> with, ToDoubleFunction<Turn> figure) {
    Pairs pairs = new Pairs();
    for (int i = 0; i < with.size(); i++) {
      pairs.add(figure.applyAsDouble(without.get(i)), figure.applyAsDouble(with.get(i)));
    }
    return pairs;
  }
}
