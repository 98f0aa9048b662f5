// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * An application that writes to disk and connects, as each line says, in a span that is named after
 * the line's verb.
 */
final class WorkingApp {
  private WorkingApp() {}

  public static void main(String[] arguments) throws IOException {
    Tracer tracer = GlobalOpenTelemetry.getTracer("app");
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("ready");
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split(" ", 2);
      Span span = tracer.spanBuilder(words[0]).startSpan();
      try (Scope scope = span.makeCurrent()) {
        assert scope != null;
        if (words[0].equals("write")) {
          write(Path.of(words[1]));
        } else {
          connect(Integer.parseInt(words[1]));
        }
      } finally {
        span.end();
      }
      System.out.println("done " + words[0]);
    }
  }

  private static void write(Path file) throws IOException {
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.allocate(1 << 20));
      out.force(true);
    }
  }

  private static void connect(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write(1);
    } catch (IOException e) {
      System.out.println("not connected: " + e.getMessage());
    }
  }
}
