// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import java.time.Instant;
import java.util.function.LongSupplier;

/**
 * Converts times of CLOCK_MONOTONIC, with which the kernel stamps records and which {@link
 * System#nanoTime} reads, to nanoseconds since 1970. The difference between the two clocks is
 * measured together with the error of the measurement, and again every few seconds, because NTP
 * slews one of them by up to 0.5 ms a second. One thread refreshes; many may read.
 */
public final class EpochClock {
  private static final int READINGS = 8;
  private static final long KEEP_NANOS = 5_000_000_000L;
  private static final long SECOND = 1_000_000_000L;

  private final LongSupplier monotonic;
  private final LongSupplier epoch;

  /**
   * A measured difference between the two clocks, in nanoseconds.
   *
   * @param offset what to add to a monotonic time
   * @param error how far off the offset may be, in either direction
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

  /** Measures again if the last measurement is a few seconds old. */
  void refresh() {
    if (monotonic.getAsLong() - measured.at >= KEEP_NANOS) {
      measured = measure();
    }
  }

  /**
   * Returns the most precise of several readings: one during which the thread was interrupted has a
   * large error.
   */
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

  /** Converts a monotonic time in nanoseconds to nanoseconds since 1970. */
  public long toEpochNanos(long monotonicNanos) {
    return monotonicNanos + measured.offset;
  }

  /** Returns the current time in nanoseconds since 1970. */
  public long now() {
    return toEpochNanos(monotonic.getAsLong());
  }

  /** Maximum error of the conversion when it was last measured, in nanoseconds. */
  public long errorNanos() {
    return measured.error;
  }
}
