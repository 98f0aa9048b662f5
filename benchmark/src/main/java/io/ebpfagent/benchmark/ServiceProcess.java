// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A {@link TracedService} in a JVM of its own, with a javaagent. */
final class ServiceProcess implements AutoCloseable {
  private final Process process;
  private final BlockingQueue<Long> replies = new LinkedBlockingQueue<>();
  private int port;
  private double startMillis;

  private ServiceProcess(Process process) {
    this.process = process;
  }

  /**
   * Starts one, and waits until it answers.
   *
   * @param options of the JVM
   * @param threads how many threads are in spans
   * @param line a line that it waits for besides; empty for none
   */
  static ServiceProcess start(List<String> options, int threads, String line) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(options);
    // All of the heap is there from the start, so that what a process takes on top is not heap.
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xms192m",
            "-Xmx192m",
            "-XX:+AlwaysPreTouch",
            "-Dsun.net.httpserver.nodelay=true",
            "-cp",
            System.getProperty("java.class.path"),
            TracedService.class.getName(),
            Integer.toString(threads)));
    long begin = System.nanoTime();
    ServiceProcess service =
        new ServiceProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
    service.await(begin, line);
    return service;
  }

  private void await(long begin, String wanted) throws IOException {
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    boolean seen = wanted.isEmpty();
    while (port == 0 || !seen) {
      String line = out.readLine();
      if (line == null) {
        throw new IOException("the service ended");
      }
      seen |= !wanted.isEmpty() && line.contains(wanted);
      if (line.startsWith("port ")) {
        port = Integer.parseInt(line.substring("port ".length()));
        startMillis = (System.nanoTime() - begin) / 1e6;
      }
    }
    Thread.ofPlatform()
        .daemon()
        .start(
            () ->
                out.lines()
                    .filter(line -> line.startsWith(TracedService.REPLY))
                    .map(line -> Long.valueOf(line.substring(TracedService.REPLY.length())))
                    .forEach(replies::add));
  }

  int port() {
    return port;
  }

  long pid() {
    return process.pid();
  }

  /** From its launch until it listened. */
  double startMillis() {
    return startMillis;
  }

  double rssMegabytes() throws IOException {
    return HostProcess.rssMegabytes(process.pid());
  }

  /** Of all of its threads. */
  double cpuSeconds() throws IOException {
    return ExporterProcess.cpuNanos(process.pid()) / 1e9;
  }

  /** What lives in its heap, after a collection. */
  double heapMegabytes() throws IOException, InterruptedException {
    return ask("") / 1048576.0;
  }

  /** What the extension does, if the JVM has {@link ProgramSwitch} as an agent. */
  void set(boolean on) throws IOException, InterruptedException {
    ask(on ? "on" : "off");
  }

  private long ask(String line) throws IOException, InterruptedException {
    process.outputWriter(StandardCharsets.UTF_8).append(line).append("\n").flush();
    return replies.take();
  }

  @Override
  public void close() throws IOException {
    process.outputWriter(StandardCharsets.UTF_8).close();
    process.onExit().join();
  }
}
