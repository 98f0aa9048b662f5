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
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** The packaged exporter, and one kept-alive connection to it, as Prometheus has it. */
final class ExporterProcess implements AutoCloseable {
  private static final byte[] END = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  // Fields of /proc/PID/stat, counted from the state.
  private static final int UTIME = 11;
  private static final int STIME = 12;
  private static final long TICK_NANOS = 10_000_000;

  private static final int PORT = 29435;

  private final Process process;
  private final Socket socket;
  private final byte[] buffer = new byte[1 << 20];

  private ExporterProcess(Process process, Socket socket) {
    this.process = process;
    this.socket = socket;
  }

  /** Starts the exporter with one config; returns when it serves. */
  static ExporterProcess start(Path launcher, Path configDir, String config) throws IOException {
    return start(launcher, configDir, config, Map.of());
  }

  static ExporterProcess start(
      Path launcher, Path configDir, String config, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            launcher.toString(),
            "--config.dir=" + configDir,
            "--config.names=" + config,
            "--web.listen-address=127.0.0.1:" + PORT);
    builder.environment().putAll(environment);
    Process process = builder.start();
    BufferedReader log = process.errorReader();
    String line = log.readLine();
    while (line != null && !line.contains("serving")) {
      System.err.println(line);
      line = log.readLine();
    }
    if (line == null) {
      throw new IOException("the exporter ended");
    }
    return new ExporterProcess(process, new Socket(InetAddress.getLoopbackAddress(), PORT));
  }

  /** One GET, read to its end: the wall time here, the CPU time of the exporter's threads. */
  ScrapeBenchmark.Cost scrape(boolean gzip) throws IOException {
    long cpu = cpuNanos();
    long wall = System.nanoTime();
    OutputStream out = socket.getOutputStream();
    out.write(
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                + (gzip ? "Accept-Encoding: gzip\r\n" : "")
                + "\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    InputStream in = socket.getInputStream();
    byte[] tail = new byte[END.length];
    while (!Arrays.equals(tail, END)) {
      int count = in.read(buffer);
      if (count < 0) {
        throw new IOException("the exporter closed the connection");
      }
      // The last bytes seen, whichever way the reads fell.
      byte[] joined = Arrays.copyOf(tail, tail.length + Math.min(count, END.length));
      int from = Math.max(0, count - END.length);
      System.arraycopy(buffer, from, joined, tail.length, count - from);
      tail = Arrays.copyOfRange(joined, joined.length - END.length, joined.length);
    }
    wall = System.nanoTime() - wall;
    return new ScrapeBenchmark.Cost(wall / 1e6, (cpuNanos() - cpu) / 1e6);
  }

  private long cpuNanos() throws IOException {
    long sum = 0;
    Path tasks = Path.of("/proc", Long.toString(process.pid()), "task");
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        String stat = Files.readString(thread.resolve("schedstat"));
        sum += Long.parseLong(stat.substring(0, stat.indexOf(' ')));
      }
    }
    return sum;
  }

  /** CPU time of the whole process, threads that have ended included, to 10 ms. */
  long processCpuNanos() throws IOException {
    return cpuNanos(process.pid());
  }

  static long cpuNanos(long pid) throws IOException {
    String stat = ScrapeBenchmark.proc(pid, "stat");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME])) * TICK_NANOS;
  }

  /** The metrics, over a connection of their own. */
  String text() throws IOException {
    URI metrics = URI.create("http://127.0.0.1:" + PORT + "/metrics");
    try (InputStream in = metrics.toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Memory, shared pages counted by share. */
  double pssMegabytes() throws IOException {
    return pssMegabytes(process.pid());
  }

  static double pssMegabytes(long pid) throws IOException {
    return ScrapeBenchmark.proc(pid, "smaps_rollup")
            .lines()
            .filter(line -> line.startsWith("Pss:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .sum()
        / 1024.0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
    process.destroy();
    process.onExit().join();
  }
}
