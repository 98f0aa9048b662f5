// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import java.io.IOException;

/** An application whose last span waits, and that ends at once. */
final class EndingApp {
  private EndingApp() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    System.out.println("ready");
    if (System.in.read() < 0) {
      return;
    }
    Span span = GlobalOpenTelemetry.getTracer("app").spanBuilder("the last").startSpan();
    try (Scope scope = span.makeCurrent()) {
      assert scope != null;
      Thread.sleep(30);
    } finally {
      span.end();
    }
  }
}
