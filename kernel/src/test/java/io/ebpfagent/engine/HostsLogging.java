// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.TestObjects;
import io.ebpfagent.metrics.TextFormat;
import java.io.OutputStream;
import java.util.logging.LogManager;

/** A host that has not set up logging yet, and notices if something else does. */
public final class HostsLogging {
  private HostsLogging() {}

  /** The LogManager that java.util.logging creates as soon as anyone requests a logger. */
  public static final class Trap extends LogManager {
    /** Called by java.util.logging. */
    public Trap() {
      new IllegalStateException("the host's LogManager was built").printStackTrace();
    }
  }

  /** Runs an engine; with the argument "trip" it requests a logger instead. */
  public static void main(String[] args) throws Exception {
    if (args.length > 0) {
      System.getLogger("trip").log(System.Logger.Level.INFO, "trip");
      return;
    }
    EnginePlan plan =
        EnginePlan.builder()
            .config(
                TestObjects.config(
                    "one",
                    "two-programs",
                    "metrics: {counters: [{name: switches_total, help: Switches}]}"))
            .config(
                TestObjects.config(
                    "bad", "rejected", "metrics: {counters: [{name: rejected_total, help: No}]}"))
            .log((level, message, thrown) -> System.out.println(level + " " + message))
            .build();
    try (Engine engine = Engine.start(plan)) {
      engine.write(OutputStream.nullOutputStream(), TextFormat.PROMETHEUS);
      engine.collect();
      System.out.println(engine.configs().getFirst().runs() ? "it runs" : "it does not run");
    }
  }
}
