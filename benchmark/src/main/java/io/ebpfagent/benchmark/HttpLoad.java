// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Requests over a few connections that stay open, as fast as answers come or at a steady rate. */
final class HttpLoad {
  private static final int CONNECTIONS = 8;
  private static final int MOST_ANSWER = 1 << 16;
  private static final String LENGTH = "content-length: ";

  /** What begins with a turn, threads and connections and cold caches, isn't what load does. */
  private static final long LEAD_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** For as fast as answers come. */
  static final double UNLIMITED = 0;

  /**
   * What came of it.
   *
   * @param seconds that were measured
   * @param requests all, those before with them
   * @param nanos how long each request took; at a steady rate from when it was due, sent or not
   */
  @SuppressWarnings("ArrayRecordComponent") // there are millions
  record Result(double seconds, int requests, long[] nanos) {
    double perSecond() {
      return nanos.length / seconds;
    }

    /** In milliseconds. */
    double percentile(double part) {
      return nanos[(int) Math.min(nanos.length - 1, (long) (nanos.length * part))] / 1e6;
    }
  }

  private HttpLoad() {}

  /**
   * Runs it, after a tenth of a second in which nothing is measured.
   *
   * @param rate requests a second, of all connections together
   */
  static Result run(int port, double seconds, double rate) throws IOException {
    long begin = System.nanoTime();
    long measured = begin + LEAD_NANOS;
    long end = measured + (long) (seconds * 1e9);
    try (ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS)) {
      List<Future<Timed>> all = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        long gap = rate == UNLIMITED ? 0 : (long) (CONNECTIONS * 1e9 / rate);
        long first = begin + gap * i / CONNECTIONS;
        all.add(threads.submit(() -> connection(port, first, gap, measured, end)));
      }
      int requests = 0;
      List<long[]> nanos = new ArrayList<>();
      for (Future<Timed> one : all) {
        requests += one.get().requests;
        nanos.add(one.get().nanos);
      }
      double took = (System.nanoTime() - measured) / 1e9;
      return new Result(
          took, requests, nanos.stream().flatMapToLong(Arrays::stream).sorted().toArray());
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** What one connection saw. */
  @SuppressWarnings("ArrayRecordComponent") // there are millions
  private record Timed(int requests, long[] nanos) {}

  private static Timed connection(int port, long first, long gap, long measured, long end)
      throws IOException {
    long[] nanos = new long[1 << 12];
    int count = 0;
    int requests = 0;
    byte[] buffer = new byte[MOST_ANSWER];
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      // Longer than a virtual machine may stand still.
      socket.setSoTimeout((int) TimeUnit.MINUTES.toMillis(3));
      byte[] request =
          "GET /items HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
      for (long due = first; ; due = gap == 0 ? System.nanoTime() : due + gap) {
        while (gap != 0 && System.nanoTime() < Math.min(due, end)) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        if (Math.max(due, System.nanoTime()) >= end) {
          return new Timed(requests, Arrays.copyOf(nanos, count));
        }
        socket.getOutputStream().write(request);
        readAnswer(socket.getInputStream(), buffer);
        requests++;
        if (due >= measured) {
          if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, count * 2);
          }
          nanos[count++] = System.nanoTime() - due;
        }
      }
    }
  }

  private static void readAnswer(InputStream in, byte[] buffer) throws IOException {
    int have = 0;
    int whole = Integer.MAX_VALUE;
    while (have < whole) {
      int read = in.read(buffer, have, buffer.length - have);
      if (read < 0) {
        throw new IOException("the connection ended");
      }
      have += read;
      if (whole == Integer.MAX_VALUE) {
        String head = new String(buffer, 0, have, StandardCharsets.ISO_8859_1);
        int body = head.indexOf("\r\n\r\n");
        if (body > 0) {
          whole = body + 4 + length(head);
        }
      }
    }
  }

  private static int length(String head) throws IOException {
    for (String line : head.split("\r\n", -1)) {
      if (line.regionMatches(true, 0, LENGTH, 0, LENGTH.length())) {
        return Integer.parseInt(line.substring(LENGTH.length()).strip());
      }
    }
    throw new IOException("an answer without its length: " + head);
  }
}
