// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A {@link WebHost} in a JVM of its own, with the agent or without. */
final class HostProcess implements AutoCloseable {
  private static final String AT = "ebpf-agent: metrics at ";

  /** The agent's word that its programs run. */
  private static final String ATTACHED = "configs are attached";

  private static final String OK = "HTTP/1.1 200 ";

  private final Process process;
  private final BufferedReader answers;
  private final int port;
  private @Nullable URI metrics;

  private HostProcess(Process process) throws IOException {
    this.process = process;
    answers = process.inputReader(StandardCharsets.UTF_8);
    port = (int) number("port ");
  }

  /**
   * Starts one.
   *
   * @param agent the JVM's option; null for none. With one it returns when the programs run.
   */
  static HostProcess start(@Nullable String agent) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    // All of the heap is there from the start, so that what a process takes on top is not heap.
    command.addAll(List.of("-Xms192m", "-Xmx192m", "-XX:+AlwaysPreTouch"));
    command.add("-Dsun.net.httpserver.nodelay=true");
    if (agent != null) {
      command.add("--enable-native-access=ALL-UNNAMED");
      command.add(agent);
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), WebHost.class.getName()));
    HostProcess host = new HostProcess(new ProcessBuilder(command).start());
    if (agent != null) {
      host.awaitAgent();
    }
    return host;
  }

  private void awaitAgent() throws IOException {
    BufferedReader log = process.errorReader(StandardCharsets.UTF_8);
    boolean attached = false;
    while (metrics == null || !attached) {
      String line = log.readLine();
      if (line == null) {
        throw new IOException("the host ended");
      }
      if (line.startsWith(AT)) {
        metrics = URI.create(line.substring(AT.length()));
      } else if (line.endsWith(ATTACHED)) {
        attached = true;
      } else {
        System.err.println(line);
      }
    }
    // What else it says must not fill the pipe.
    Thread.ofPlatform().daemon().start(() -> log.lines().forEach(System.err::println));
  }

  private long number(String start) throws IOException {
    String line = answers.readLine();
    if (line == null || !line.startsWith(start)) {
      throw new IOException("the host says " + line);
    }
    return Long.parseLong(line.substring(start.length()));
  }

  int port() {
    return port;
  }

  /**
   * One scrape, read to its end and forgotten. Who scrapes is on another machine, so here it takes
   * as little as can be of the CPUs that the host has.
   */
  void scrapeAway() throws IOException {
    URI where = metrics();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), where.getPort())) {
      String request =
          "GET " + where.getPath() + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      String status = new String(in.readNBytes(OK.length()), StandardCharsets.US_ASCII);
      if (!status.equals(OK)) {
        throw new IOException("the scrape's answer begins with " + status);
      }
      in.transferTo(OutputStream.nullOutputStream());
    }
  }

  /** One scrape, read to its end. */
  String scrape() throws IOException {
    try (InputStream in = metrics().toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private URI metrics() {
    URI where = metrics;
    if (where == null) {
      throw new IllegalStateException("this host has no agent");
    }
    return where;
  }

  /** What lives in its heap, after a collection. */
  double heapMegabytes() throws IOException {
    OutputStream commands = process.getOutputStream();
    commands.write('\n');
    commands.flush();
    return number("heap ") / 1048576.0;
  }

  double rssMegabytes() throws IOException {
    return rssMegabytes(process.pid());
  }

  static double rssMegabytes(long pid) throws IOException {
    return ScrapeBenchmark.proc(pid, "status")
            .lines()
            .filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .sum()
        / 1024.0;
  }

  /** CPU time of all of its threads, those that have ended included, to 10 ms. */
  double cpuSeconds() throws IOException {
    return ExporterProcess.cpuNanos(process.pid()) / 1e9;
  }

  /** CPU time of its compiler's threads, those that have ended left out. */
  double compilerSeconds() throws IOException {
    double seconds = 0;
    try (Stream<Path> tasks = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
      for (Path task : tasks.toList()) {
        try {
          if (Files.readString(task.resolve("comm")).contains("Compiler")) {
            String[] stat = Files.readString(task.resolve("schedstat")).split(" ", 2);
            seconds += Long.parseLong(stat[0]) / 1e9;
          }
        } catch (NoSuchFileException e) {
          // It has ended.
        }
      }
    }
    return seconds;
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
