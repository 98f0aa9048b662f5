// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** An application in a JVM of its own, with the real javaagent and the packaged extension. */
final class TracedApp implements AutoCloseable {
  /** For whatever a test waits for; more where the machine is emulated. */
  static final Duration MAY_TAKE =
      Duration.ofSeconds(Long.getLong("ebpfagent.mayTakeSeconds", 120));

  static final Path NEWEST = agent("newest.jar");
  static final Path OLDER = agent("older.jar");

  /** A line of ours. */
  static final String OURS = "[ebpf-agent] ";

  private final Process process;
  private final PrintStream in;
  private final List<String> lines = new ArrayList<>();
  private boolean ended;

  private TracedApp(Process process) {
    this.process = process;
    this.in = new PrintStream(process.getOutputStream(), true, UTF_8);
    Thread.ofVirtual().start(this::read);
  }

  private static Path agent(String file) {
    return Path.of(System.getProperty("ebpfagent.javaagents"), file);
  }

  /** Builds a command. */
  static final class Builder {
    private Path java = Path.of(System.getProperty("java.home"));
    private Path agent = NEWEST;
    private final List<String> prefix = new ArrayList<>();
    private final List<String> options =
        new ArrayList<>(
            List.of(
                "-Dotel.javaagent.extensions=" + System.getProperty("ebpfagent.extension"),
                "-Dotel.metrics.exporter=none",
                "-Dotel.logs.exporter=none",
                "-Dotel.bsp.schedule.delay=200",
                // The javaagent's start is most of what a test takes, and a third of that this way.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
    private boolean nativeAccess = true;
    private String classes = "";
    private final List<String> libraries = new ArrayList<>();

    /** Another Java than this one, and classes that it can read. */
    Builder java(Path home, Path readable) {
      java = home;
      classes = readable + File.pathSeparator;
      nativeAccess = false;
      return this;
    }

    /** More of the tests' libraries for the application, by how their files' names begin. */
    Builder libraries(String... names) {
      libraries.addAll(List.of(names));
      return this;
    }

    Builder agent(Path jar) {
      agent = jar;
      return this;
    }

    /** What is to run the JVM: {@code setpriv …}. */
    Builder after(String... command) {
      prefix.addAll(List.of(command));
      return this;
    }

    Builder options(String... more) {
      options.addAll(List.of(more));
      return this;
    }

    /**
     * Leaves out what the javaagent does to libraries, for an application that uses none. That is
     * half of a start.
     */
    Builder withoutLibraries() {
      return options(
          "-Dotel.instrumentation.common.default-enabled=false",
          "-Dotel.instrumentation.opentelemetry-api.enabled=true");
    }

    Builder withoutNativeAccess() {
      nativeAccess = false;
      return this;
    }

    Builder to(OtlpReceiver receiver) {
      return options(
          "-Dotel.exporter.otlp.endpoint=" + receiver.endpoint(), "-Dotel.service.name=the-app");
    }

    TracedApp start(Class<?> main, String... arguments) throws IOException {
      List<String> command = new ArrayList<>(prefix);
      command.add(java.resolve("bin/java").toString());
      if (nativeAccess) {
        command.add("--enable-native-access=ALL-UNNAMED");
      }
      command.add("-javaagent:" + agent);
      command.addAll(options);
      command.addAll(List.of("-cp", classes + classPath(libraries), main.getName()));
      command.addAll(List.of(arguments));
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().keySet().removeIf(name -> name.startsWith("OTEL_"));
      return new TracedApp(builder.start());
    }
  }

  static Builder builder() {
    return new Builder();
  }

  /**
   * The tests' classes, and of OpenTelemetry's only the API, as an application has it.
   *
   * @param more how names of more libraries begin
   */
  private static String classPath(List<String> more) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(
            entry ->
                entry.endsWith("test-classes")
                    || more.stream().anyMatch(Path.of(entry).getFileName().toString()::startsWith)
                    || entry.matches(".*/opentelemetry-(api|context|common)-[0-9.]+\\.jar"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private void read() {
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        add(line);
      }
    } catch (IOException e) {
      add("the output broke off: " + e);
    } finally {
      end();
    }
  }

  private synchronized void add(String line) {
    lines.add(line);
    notifyAll();
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** What it printed so far. */
  synchronized List<String> lines() {
    return List.copyOf(lines);
  }

  /** Our lines of those. */
  List<String> ours() {
    return lines().stream().filter(line -> line.startsWith(OURS)).toList();
  }

  /** Waits for a line; fails when it doesn't come. */
  String await(Predicate<String> which) throws InterruptedException {
    return awaitNth(1, which);
  }

  /** The same for the second, third … such line. */
  synchronized String awaitNth(int number, Predicate<String> which) throws InterruptedException {
    long deadline = System.nanoTime() + MAY_TAKE.toNanos();
    while (true) {
      List<String> found = lines.stream().filter(which).toList();
      if (found.size() >= number) {
        return found.get(number - 1);
      }
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (ended || left <= 0) {
        throw new AssertionError("no such line; all:\n" + String.join("\n", lines));
      }
      wait(left);
    }
  }

  /** Waits until kernel spans are made. */
  TracedApp awaitKernelSpans() throws InterruptedException {
    await(line -> line.startsWith(OURS + "kernel spans: "));
    return this;
  }

  /** Gives it a line. */
  void say(String line) {
    in.println(line);
  }

  /** There will be no more lines. */
  void endInput() {
    in.close();
  }

  long pid() {
    return process.pid();
  }

  /** Waits for its end; its exit code. */
  int awaitEnd(Duration limit) throws InterruptedException {
    if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("still running:\n" + String.join("\n", lines()));
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
