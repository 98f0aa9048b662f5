// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.jspecify.annotations.Nullable;

/** A JVM of somebody's that runs with the packaged agent, and what it says. */
final class HostJvm implements AutoCloseable {
  /** For whatever a test waits for. */
  static final Duration MAY_TAKE =
      Duration.ofSeconds(Long.getLong("ebpfagent.mayTakeSeconds", 300));

  static final Path AGENT = Path.of(System.getProperty("ebpfagent.agent", "target/ebpf-agent.jar"));
  static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";
  private static final Pattern URL = Pattern.compile("ebpf-agent: metrics at (\\S+)");

  private final Process process;
  private final List<String> out = new CopyOnWriteArrayList<>();
  private final List<String> err = new CopyOnWriteArrayList<>();
  private final List<Thread> readers = new ArrayList<>();
  private final HttpClient client;
  private @Nullable JMXConnector connector;

  private HostJvm(Process process, HttpClient client) {
    this.process = process;
    this.client = client;
    readers.add(reader(process.getInputStream(), out));
    readers.add(reader(process.getErrorStream(), err));
  }

  private static Thread reader(java.io.InputStream in, List<String> lines) {
    Thread thread =
        new Thread(
            () -> {
              try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                  lines.add(line);
                }
              } catch (IOException e) {
                lines.add(e.toString());
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Builds a command. */
  static final class Builder {
    private final List<String> prefix = new ArrayList<>();
    private final List<String> options = new ArrayList<>();
    private final List<String> program = new ArrayList<>();
    private String java = System.getProperty("java.home") + "/bin/java";
    private HttpClient client = HttpClient.newHttpClient();
    private final Map<String, String> environment = new HashMap<>();
    private List<String> whole = List.of();
    private @Nullable Path directory;

    private Builder() {}

    /** What runs the JVM: setpriv, say. */
    Builder under(String... command) {
      prefix.addAll(List.of(command));
      return this;
    }

    Builder java(Path other) {
      java = other.toString();
      return this;
    }

    Builder options(String... more) {
      options.addAll(List.of(more));
      return this;
    }

    Builder agent(String arguments) {
      return options("-javaagent:" + AGENT + (arguments.isEmpty() ? "" : "=" + arguments));
    }

    /** What is run instead of the application that waits: its class path first, then its name. */
    Builder program(String... command) {
      program.addAll(List.of(command));
      return this;
    }

    /** A script that runs a JVM, instead of one. */
    Builder command(String... all) {
      whole = List.of(all);
      return this;
    }

    Builder environment(String name, String value) {
      environment.put(name, value);
      return this;
    }

    Builder client(HttpClient other) {
      client = other;
      return this;
    }

    Builder directory(Path where) {
      directory = where;
      return this;
    }

    HostJvm start() {
      List<String> command = new ArrayList<>(prefix);
      command.add(java);
      // It runs too shortly for the optimizing compiler to pay off.
      command.add("-XX:TieredStopAtLevel=1");
      command.addAll(options);
      command.addAll(
          program.isEmpty() ? List.of("-cp", classPath(), "io.ebpfagent.agent.HostApp") : program);
      ProcessBuilder builder = new ProcessBuilder(whole.isEmpty() ? command : whole);
      builder.environment().putAll(environment);
      if (directory != null) {
        builder.directory(directory.toFile());
      }
      builder.environment().remove("JAVA_TOOL_OPTIONS");
      try {
        return new HostJvm(builder.start(), client);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  static Builder builder() {
    return new Builder();
  }

  /** One that may load programs, with the agent. */
  static HostJvm start(String arguments) {
    return builder().options(NATIVE_ACCESS).agent(arguments).start();
  }

  static String classPath() {
    try {
      return Path.of(HostApp.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .toString();
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  long pid() {
    return process.pid();
  }

  /** The kernel's names of its threads, of 15 characters at most. */
  List<String> threads() throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc", Long.toString(pid()), "task"))) {
      for (Path thread : threads) {
        try {
          names.add(Files.readString(thread.resolve("comm")).strip());
        } catch (IOException e) {
          // It has ended.
        }
      }
    }
    return names;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  List<String> out() {
    return List.copyOf(out);
  }

  List<String> err() {
    return List.copyOf(err);
  }

  /** Waits for what a test wants to see. */
  <T> T until(Supplier<T> look, Predicate<T> wanted) {
    return until("what the test wants to see", look, wanted);
  }

  /**
   * The same.
   *
   * @param what is waited for, for who reads that it did not come
   */
  <T> T until(String what, Supplier<T> look, Predicate<T> wanted) {
    long deadline = System.nanoTime() + MAY_TAKE.toNanos();
    // Of one that has ended nothing more will come.
    boolean ended = !process.isAlive();
    T seen = look.get();
    while (!wanted.test(seen)) {
      if (ended || System.nanoTime() - deadline > 0) {
        if (ended) {
          readAll();
        }
        throw new AssertionError(
            "%s did not come %s, but:\n%s\n%s"
                .formatted(
                    what,
                    ended
                        ? "before the end with status " + process.exitValue()
                        : "in " + MAY_TAKE.toSeconds() + " s",
                    seen,
                    this));
      }
      pause();
      ended = !process.isAlive();
      seen = look.get();
    }
    return seen;
  }

  /** Waits for the last of what it said; something it started may keep that open. */
  private void readAll() {
    try {
      for (Thread reader : readers) {
        reader.join(MAY_TAKE.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Leaves the CPU to whom is waited for. */
  private static void pause() {
    java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
  }

  void untilUp() {
    until("the application's \"up\"", this::out, lines -> lines.contains("up"));
  }

  /** Waits for a line on stderr that matches. */
  String untilSaid(String regex) {
    Pattern pattern = Pattern.compile(regex);
    return until(
        "a line on stderr with " + regex,
        () -> err.stream().filter(line -> pattern.matcher(line).find()).findFirst().orElse(""),
        line -> !line.isEmpty());
  }

  /** Where it said that the metrics are. */
  String url() {
    Matcher matcher = URL.matcher(untilSaid(URL.pattern()));
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  HttpRequest.Builder request(String url) {
    return HttpRequest.newBuilder(URI.create(url)).timeout(MAY_TAKE);
  }

  HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException {
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** A scrape as text. */
  String scrape() {
    try {
      HttpResponse<byte[]> response = send(request(url()));
      assertThat(response.statusCode()).isEqualTo(200);
      return new String(response.body(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Scrapes until there is a line that begins so. */
  String scrapeUntil(String... starts) {
    return until(
        "a scrape with lines that begin with " + List.of(starts),
        this::scrape,
        text -> Stream.of(starts).allMatch(start -> ("\n" + text).contains("\n" + start)));
  }

  /** Its MBeans, as JConsole finds them. */
  @SuppressWarnings("BanJNDI") // the address is from a JVM of the test's own
  MBeanServerConnection mbeans() {
    try {
      if (connector == null) {
        VirtualMachine machine = VirtualMachine.attach(String.valueOf(pid()));
        try {
          connector =
              JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()));
        } finally {
          machine.detach();
        }
      }
      return connector.getMBeanServerConnection();
    } catch (IOException | AttachNotSupportedException e) {
      throw new AssertionError(this.toString(), e);
    }
  }

  /** Ends what a script started, too. */
  void destroyAll() {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
  }

  int exitValue() {
    return process.exitValue();
  }

  /** Gives the application something to read. */
  void send(char one) throws IOException {
    process.getOutputStream().write(one);
    process.getOutputStream().flush();
  }

  /** The same for an application that says no more than the usual. */
  void stop() {
    end();
    assertThat(out).as(toString()).containsExactly("up", "down");
  }

  /** Ends the application's input, upon which it ends by itself, and cleanly. */
  void end() {
    try {
      process.getOutputStream().close();
      assertThat(process.waitFor(MAY_TAKE.toSeconds(), TimeUnit.SECONDS)).as("ended").isTrue();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    readAll();
    assertThat(process.exitValue()).as(toString()).isZero();
  }

  @Override
  public String toString() {
    return "stdout:\n" + String.join("\n", out) + "\nstderr:\n" + String.join("\n", err);
  }

  @Override
  public void close() {
    if (connector != null) {
      try {
        connector.close();
      } catch (IOException e) {
        // The JVM may have ended.
      }
    }
    // What a script started writes to its files until it has ended.
    List<ProcessHandle> all =
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(one -> one.onExit().join());
  }
}
