// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.log.Log;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Tells systemd that the exporter is alive, as long as it would answer over HTTP. The check uses no
 * connection, so that clients can't make the exporter count as hung.
 */
final class Watchdog implements AutoCloseable {
  private final Systemd systemd;
  private final HttpEndpoint endpoint;
  private final Duration pause;
  private final Log log;
  private final CountDownLatch stopped = new CountDownLatch(1);

  private Watchdog(Systemd systemd, HttpEndpoint endpoint, Duration pause, Log log) {
    this.systemd = systemd;
    this.endpoint = endpoint;
    this.pause = pause;
    this.log = log;
  }

  /** Starts at once. It reports twice in each interval, as systemd recommends. */
  static Watchdog start(Systemd systemd, HttpEndpoint endpoint, Duration interval, Log log) {
    Watchdog watchdog = new Watchdog(systemd, endpoint, interval.dividedBy(2), log);
    Thread.ofPlatform().daemon().name("watchdog").start(watchdog::run);
    return watchdog;
  }

  private void run() {
    boolean answered = true;
    try {
      do {
        boolean answers = endpoint.works(pause);
        if (answers) {
          systemd.alive();
        } else if (answered) {
          log.error(
              "no answer over HTTP within %s ms; systemd is not told that all is well"
                  .formatted(pause.toMillis()));
        }
        answered = answers;
      } while (!stopped.await(pause.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stopped.countDown();
  }
}
