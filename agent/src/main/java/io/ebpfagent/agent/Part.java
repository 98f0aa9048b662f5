// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.log.Log;
import java.time.Duration;

/**
 * One of the things that the agent looks after. Where it fails, the others go on, and it is tried
 * again after a pause; the same failure is said once.
 */
final class Part {
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final String name;
  private final Duration pause;
  private final Log log;
  private boolean failed;
  private long failedAt;
  private String said = "";

  Part(String name, Log log) {
    this(name, PAUSE, log);
  }

  Part(String name, Duration pause, Log log) {
    this.name = name;
    this.pause = pause;
    this.log = log;
  }

  /** Does it, unless it has failed a moment ago. */
  void attempt(Runnable task) {
    if (failed && System.nanoTime() - failedAt < pause.toNanos()) {
      return;
    }
    try {
      task.run();
      failed = false;
    } catch (RuntimeException | Error e) {
      failed = true;
      failedAt = System.nanoTime();
      if (!e.toString().equals(said)) {
        said = e.toString();
        log.log(Log.Level.ERROR, name + " failed, is tried again", e);
      }
    }
  }
}
