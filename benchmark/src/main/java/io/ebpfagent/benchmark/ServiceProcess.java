// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.Writer;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A {@link TracedService} in a JVM of its own, with a javaagent. */
final class ServiceProcess implements AutoCloseable {
  private static final int CONNECTIONS = 4;
  private static final byte[] REQUEST =
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Process process;
  private final int port;
  private final double startMillis;

  private ServiceProcess(Process process, int port, double startMillis) {
    this.process = process;
    this.port = port;
    this.startMillis = startMillis;
  }

  /** What a time under load gave. */
  record Load(double requestsPerSecond, double p99Micros) {}

  /**
   * Starts one, and waits until it answers.
   *
   * @param options of the JVM
   * @param threads how many threads are in spans
   * @param line a line that it waits for besides; empty for none
   */
  static ServiceProcess start(List<String> options, int threads, String line) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-cp",
            System.getProperty("java.class.path"),
            TracedService.class.getName(),
            Integer.toString(threads)));
    long begin = System.nanoTime();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    int port = 0;
    double millis = 0;
    boolean seen = line.isEmpty();
    while (port == 0 || !seen) {
      String said = out.readLine();
      if (said == null) {
        throw new IOException("the service ended: " + String.join(" ", command));
      }
      seen |= !line.isEmpty() && said.contains(line);
      if (said.startsWith("port ")) {
        port = Integer.parseInt(said.substring("port ".length()));
        millis = (System.nanoTime() - begin) / 1e6;
      }
    }
    Thread.ofVirtual().start(() -> readOn(out));
    return new ServiceProcess(process, port, millis);
  }

  private static void readOn(BufferedReader out) {
    try {
      out.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      // It is over.
    }
  }

  /** From its launch until it listened. */
  double startMillis() {
    return startMillis;
  }

  /** What it has in memory, in KB. */
  long residentKilobytes() throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }

  /** Asks as fast as it answers, on connections that are kept. */
  Load load(double seconds) throws Exception {
    long begin = System.nanoTime();
    long end = begin + (long) (seconds * 1e9);
    List<Long> times = new ArrayList<>();
    try (ExecutorService clients = Executors.newFixedThreadPool(CONNECTIONS)) {
      List<Future<List<Long>>> all = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        all.add(clients.submit(() -> ask(end)));
      }
      for (Future<List<Long>> one : all) {
        times.addAll(one.get());
      }
    }
    double took = (System.nanoTime() - begin) / 1e9;
    Collections.sort(times);
    return new Load(times.size() / took, times.get(times.size() * 99 / 100) / 1e3);
  }

  private List<Long> ask(long end) throws IOException {
    List<Long> times = new ArrayList<>();
    byte[] buffer = new byte[8_192];
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      OutputStream out = socket.getOutputStream();
      int length = 0;
      while (System.nanoTime() < end) {
        long begin = System.nanoTime();
        out.write(REQUEST);
        int read = socket.getInputStream().read(buffer);
        // All answers are alike, so the first one tells their length.
        if (length == 0) {
          length = new String(buffer, 0, read, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n");
          length += 4 + 1_024;
        }
        while (read < length) {
          read += socket.getInputStream().read(buffer);
        }
        times.add(System.nanoTime() - begin);
      }
    }
    return times;
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    process.onExit().join();
  }
}
