// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/**
 * An application whose threads are in spans and stay there, one asleep and one busy, until it is
 * given a line.
 */
final class StandingApp {
  private static final CountDownLatch OVER = new CountDownLatch(1);

  private StandingApp() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("ready");
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      // Until one was seen to leave its carrier, virtual threads are in no span for others.
      Thread.ofVirtual().start(Thread::yield).join();
      Thread.ofPlatform().daemon().start(() -> standAsleep());
      Thread.ofVirtual().start(() -> standBusily());
      Thread.ofPlatform().daemon().start(() -> standFree());
    }
    OVER.countDown();
  }

  private static void standAsleep() {
    Span span = GlobalOpenTelemetry.getTracer("app").spanBuilder("asleep").startSpan();
    try (Scope scope = span.makeCurrent()) {
      assert scope != null;
      tell("asleep", span);
      OVER.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void standFree() {
    tell("free", Span.getInvalid());
    try {
      OVER.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void standBusily() {
    Span span = GlobalOpenTelemetry.getTracer("app").spanBuilder("busy").startSpan();
    try (Scope scope = span.makeCurrent()) {
      assert scope != null;
      tell("busy", span);
      while (OVER.getCount() > 0) {
        Thread.onSpinWait();
      }
    }
  }

  private static void tell(String what, Span span) {
    try {
      Path id = Path.of("/proc/thread-self").toRealPath().getFileName();
      System.out.println(
          String.join(
              " ",
              what,
              String.valueOf(id),
              span.getSpanContext().getTraceId(),
              span.getSpanContext().getSpanId()));
    } catch (IOException e) {
      System.out.println("failed: " + e);
    }
  }
}
