// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * From the start of the process to the end of the first scrape, beside a JVM of the same kind that
 * says hello and ends; and the memory of the exporter once it has been scraped for a while. All
 * take turns, so that a slow moment of the machine meets all.
 */
public final class StartBenchmark {
  private static final int ROUNDS = 15;
  private static final int PORT = 29435;
  private static final long LOOK_NANOS = 500_000;
  private static final int SCRAPES_BEFORE_IDLE = 20;
  private static final long DEADLINE_SECONDS = 30;

  /** Bundled configs that attach wherever the kernel has BTF. */
  private static final String ONE = "timers";

  private static final String ELEVEN =
      "biolatency,cgroup,kfree_skb,percpu-softirq,raw-tracepoints,regexp,"
          + "softirq-latency,softirq-latency-net-rx,syscalls,timers,udp-drops";

  private StartBenchmark() {}

  /**
   * Runs all cases.
   *
   * @param args the exporter's launcher
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    Path launcher = Path.of(args[0]);
    List<Double> hello = new ArrayList<>();
    List<Double> one = new ArrayList<>();
    List<Double> eleven = new ArrayList<>();
    // The first of each finds the files that it reads in no cache of the system.
    for (int i = -1; i < ROUNDS; i++) {
      double first = hello();
      double second = firstScrape(launcher, ONE);
      double third = firstScrape(launcher, ELEVEN);
      if (i >= 0) {
        hello.add(first);
        one.add(second);
        eleven.add(third);
      }
    }
    double bare = median(hello);
    System.out.printf(Locale.ROOT, "%-36s %26s %9s%n", "median [min–max]", "ms", "hellos");
    print("hello", hello, bare);
    print("exporter, first scrape, 1 config", one, bare);
    print("exporter, first scrape, 11 configs", eleven, bare);
    System.out.printf(
        Locale.ROOT, "%-36s %22.0f MB PSS%n", "exporter, default configs, idle", idle(launcher));
  }

  private static double hello() throws IOException, InterruptedException {
    String java = ProcessHandle.current().info().command().orElseThrow();
    long begin = System.nanoTime();
    Process process =
        new ProcessBuilder(
                java,
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                Hello.class.getName())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (process.waitFor() != 0) {
      throw new IOException("hello failed");
    }
    return (System.nanoTime() - begin) / 1e6;
  }

  private static Process exporter(Path launcher, List<String> more) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(launcher.toString());
    command.add("--web.listen-address=127.0.0.1:" + PORT);
    command.addAll(more);
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static double firstScrape(Path launcher, String configs)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    Process process = exporter(launcher, List.of("--config.names=" + configs));
    try {
      scrape(process);
      return (System.nanoTime() - begin) / 1e6;
    } finally {
      stop(process);
    }
  }

  private static double idle(Path launcher) throws IOException, InterruptedException {
    Process process = exporter(launcher, List.of());
    try {
      for (int i = 0; i < SCRAPES_BEFORE_IDLE; i++) {
        scrape(process);
        TimeUnit.SECONDS.sleep(1);
      }
      return ExporterProcess.pssMegabytes(process.pid());
    } finally {
      stop(process);
    }
  }

  private static void stop(Process process) throws InterruptedException {
    process.destroy();
    process.waitFor();
  }

  /** Connects as soon as somebody listens, and reads an answer to its end. */
  private static void scrape(Process process) throws IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
    while (System.nanoTime() < deadline && process.isAlive()) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), PORT)) {
        OutputStream out = socket.getOutputStream();
        out.write(
            "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        if (!answer.startsWith("HTTP/1.1 200") || !answer.contains("\nebpf_exporter_")) {
          throw new IOException("not an answer: " + answer.lines().findFirst().orElse(""));
        }
        return;
      } catch (ConnectException e) {
        LockSupport.parkNanos(LOOK_NANOS);
      }
    }
    throw new IOException("the exporter does not answer");
  }

  private static double median(List<Double> millis) {
    return millis.stream().mapToDouble(Double::doubleValue).sorted().toArray()[millis.size() / 2];
  }

  private static void print(String title, List<Double> millis, double bare) {
    double[] sorted = millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    System.out.printf(
        Locale.ROOT,
        "%-36s %26s %9.1f%n",
        title,
        String.format(
            Locale.ROOT,
            "%.0f [%.0f–%.0f]",
            sorted[sorted.length / 2],
            sorted[0],
            sorted[sorted.length - 1]),
        sorted[sorted.length / 2] / bare);
  }
}
