// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Has a scrape give its CPU away again and again. A thread that computes for 20 ms holds up all
 * that the host wants to do on that CPU meanwhile: where there are few, that is one request in a
 * hundred. Priorities don't help: a JVM waits for its unimportant threads at every safepoint.
 */
final class Pauses implements Runnable {
  /**
   * Some hundredths of a CPU, in pieces that are about as long as a request. What a piece held up
   * is done with before the next one.
   */
  private static final long WORK_NANOS = 100_000;

  private static final long PAUSE_NANOS = 2_500_000;

  private static final Duration MOST = Duration.ofSeconds(1);

  private final LongSupplier clock;
  private final LongConsumer park;
  private long left;
  private long worksSince;

  /** At most a second of pauses, all together; then there are no more. */
  Pauses() {
    this(MOST);
  }

  /**
   * @param most limit of all pauses together, beside the one of a second
   */
  Pauses(Duration most) {
    this(most, System::nanoTime, LockSupport::parkNanos);
  }

  Pauses(Duration most, LongSupplier clock, LongConsumer park) {
    this.clock = clock;
    this.park = park;
    left = Math.min(most.toNanos(), MOST.toNanos());
    // To come here has cost a piece.
    worksSince = clock.getAsLong() - WORK_NANOS;
  }

  /** Pauses if it is time. */
  @Override
  public void run() {
    long now = clock.getAsLong();
    if (left <= 0 || now - worksSince < WORK_NANOS) {
      return;
    }
    park.accept(PAUSE_NANOS);
    worksSince = clock.getAsLong();
    // On a busy machine the CPU comes back late.
    left -= worksSince - now;
  }
}
