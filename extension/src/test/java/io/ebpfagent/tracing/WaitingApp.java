// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/**
 * An application that waits: for as long as each line says, in a span that is named after the line.
 */
final class WaitingApp {
  private WaitingApp() {}

  public static void main(String[] arguments) throws IOException {
    Tracer tracer = GlobalOpenTelemetry.getTracer("app");
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("ready");
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      long millis = Long.parseLong(line.replaceAll("[^0-9]", ""));
      Span span = tracer.spanBuilder(line).startSpan();
      try (Scope scope = span.makeCurrent()) {
        assert scope != null;
        park(millis);
      } finally {
        span.end();
      }
      park(millis);
      System.out.println("done " + line);
    }
  }

  /** For the whole time, however often it is woken. */
  private static void park(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
