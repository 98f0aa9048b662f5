// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import java.time.Instant;
import java.util.function.LongSupplier;

/**
 * Turns times of CLOCK_MONOTONIC, which is what the kernel stamps records with and what {@link
 * System#nanoTime} reads, into nanoseconds since 1970. The difference between the two clocks is
 * measured, with the error that it was measured with, and measured again every few seconds: NTP
 * slews one of them, by 0.5 ms a second at most. One thread refreshes; many may read.
 */
public final class EpochClock {
  private static final int READINGS = 8;
  private static final long KEEP_NANOS = 5_000_000_000L;
  private static final long SECOND = 1_000_000_000L;

  private final LongSupplier monotonic;
  private final LongSupplier epoch;

  /**
   * @param offset what to add to a monotonic time
   * @param error how far off it may be, to either side
   * @param at when it was measured, by the monotonic clock
   */
  private record Measurement(long offset, long error, long at) {}

  private volatile Measurement measured;

  public EpochClock() {
    this(System::nanoTime, EpochClock::epochNanos);
  }

  EpochClock(LongSupplier monotonic, LongSupplier epoch) {
    this.monotonic = monotonic;
    this.epoch = epoch;
    measured = measure();
  }

  private static long epochNanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * SECOND + now.getNano();
  }

  /** Measures again when the last time is some seconds ago. */
  void refresh() {
    if (monotonic.getAsLong() - measured.at >= KEEP_NANOS) {
      measured = measure();
    }
  }

  /** The tightest of several readings: a thread that is interrupted between two looks errs most. */
  private Measurement measure() {
    Measurement best = read();
    for (int i = 1; i < READINGS; i++) {
      Measurement next = read();
      best = next.error < best.error ? next : best;
    }
    return best;
  }

  private Measurement read() {
    long before = monotonic.getAsLong();
    long now = epoch.getAsLong();
    long window = monotonic.getAsLong() - before;
    return new Measurement(now - (before + window / 2), (window + 1) / 2, before);
  }

  /** A monotonic time, in nanoseconds, as nanoseconds since 1970. */
  public long toEpochNanos(long monotonicNanos) {
    return monotonicNanos + measured.offset;
  }

  /** Now, as nanoseconds since 1970. */
  public long now() {
    return toEpochNanos(monotonic.getAsLong());
  }

  /** How far off the conversion was at most when it was last measured, in nanoseconds. */
  public long errorNanos() {
    return measured.error;
  }
}
