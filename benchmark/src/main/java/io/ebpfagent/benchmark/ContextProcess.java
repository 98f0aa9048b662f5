// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * A JVM that runs {@link ContextBenchmark} by JMH when it is told to, and else does nothing. So two
 * of them can take turns within tenths of a second, and a machine that changes changes for both.
 */
final class ContextProcess implements AutoCloseable {
  private static final String ANSWER = "nanos ";
  private static final int ITERATIONS = 5;
  private static final int SHARED_ROUNDS = 1_000_000;

  private final Process process;
  private final BufferedReader answers;

  private ContextProcess(Process process) {
    this.process = process;
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /** In the JVM: each line is a case and for how many milliseconds. */
  public static void main(String[] none) throws Exception {
    // Contexts are written from the moment on that the extension's thread for that has ended.
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("ebpf-extension-start")) {
        thread.join();
      }
    }
    // What all cases have in common is compiled before any of them is, and so into each of them.
    ContextBenchmark shared = new ContextBenchmark();
    ContextBenchmark.Fresh fresh = new ContextBenchmark.Fresh();
    for (int i = 0; i < SHARED_ROUNDS; i += ContextBenchmark.FRESH) {
      fresh.renew();
      shared.newTrace(fresh);
    }
    try (Scanner lines = new Scanner(System.in, StandardCharsets.UTF_8)) {
      while (lines.hasNext()) {
        System.out.println(ANSWER + run(lines.next(), lines.nextInt()));
      }
    }
    System.exit(0);
  }

  private static double run(String which, int millis) throws RunnerException {
    Options jmh =
        new OptionsBuilder()
            .include(ContextBenchmark.class.getName().replace(".", "\\.") + "\\." + which + "$")
            .forks(0)
            .warmupIterations(0)
            .measurementIterations(ITERATIONS)
            .measurementTime(TimeValue.milliseconds(millis / ITERATIONS))
            .verbosity(VerboseMode.SILENT)
            .build();
    return new Runner(jmh).runSingle().getPrimaryResult().getStatistics().getPercentile(50);
  }

  static ContextProcess start(List<String> options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(options);
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xms256m",
            "-Xmx256m",
            "--sun-misc-unsafe-memory-access=allow",
            "-Djmh.ignoreLock=true",
            "-Dotel.traces.exporter=none",
            "-Djdk.virtualThreadScheduler.parallelism=1",
            "-cp",
            System.getProperty("java.class.path"),
            ContextProcess.class.getName()));
    return new ContextProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /** What a case takes, by the median of a few times. */
  double nanos(String which, int millis) throws IOException {
    process.outputWriter(StandardCharsets.UTF_8).append(which + " " + millis + "\n").flush();
    String line = answers.readLine();
    while (line != null && !line.startsWith(ANSWER)) {
      line = answers.readLine();
    }
    if (line == null) {
      throw new IOException("the JVM ended");
    }
    return Double.parseDouble(line.substring(ANSWER.length()));
  }

  @Override
  public void close() throws IOException {
    process.outputWriter(StandardCharsets.UTF_8).close();
    process.onExit().join();
  }
}
