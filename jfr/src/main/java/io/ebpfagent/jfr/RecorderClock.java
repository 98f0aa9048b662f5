// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import io.ebpfagent.trace.EpochClock;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.Event;

/**
 * Turns nanoseconds since 1970 into ticks of the flight recorder, which are those of the CPU. No
 * interface tells how many there are in a second; so both clocks are read together, now and then.
 * For one thread.
 */
final class RecorderClock {
  private static final int READINGS = 16;
  private static final long KEEP_NANOS = 1_000_000_000L;

  /** Between two readings: each errs by some 0.1 µs, and what is converted is seconds old. */
  private static final long LEAST_NANOS = 20_000_000L;

  private record Reading(long nanos, long ticks, long window) {}

  private final Reading first = read();
  private Reading last = first;
  private EpochClock epoch = new EpochClock();
  private double ticksPerNano;

  /** Reads both clocks again when that is some time ago. */
  void refresh() {
    if (ticksPerNano != 0 && System.nanoTime() - last.nanos < KEEP_NANOS) {
      return;
    }
    long left = first.nanos + LEAST_NANOS - System.nanoTime();
    if (left > 0) {
      LockSupport.parkNanos(left);
    }
    last = read();
    epoch = new EpochClock();
    ticksPerNano = (double) (last.ticks - first.ticks) / (last.nanos - first.nanos);
  }

  /** The tightest of several readings: a thread that is interrupted between two looks errs most. */
  private static Reading read() {
    Reading best = readOnce();
    for (int i = 1; i < READINGS; i++) {
      Reading next = readOnce();
      best = next.window < best.window ? next : best;
    }
    return best;
  }

  private static Reading readOnce() {
    KernelSpanEvent event = new KernelSpanEvent();
    long before = System.nanoTime();
    event.begin();
    long after = System.nanoTime();
    long ticks = EventTime.of(event).map(time -> time.began(event)).orElse(0L);
    return new Reading(before + (after - before) / 2, ticks, after - before);
  }

  /** Gives an event the time of a span. */
  void set(Event event, Attributes span) {
    Optional<EventTime> time = EventTime.of(event);
    if (time.isEmpty()) {
      return;
    }
    long monotonic = span.span().startEpochNanos() - epoch.toEpochNanos(0);
    long start = last.ticks + Math.round((monotonic - last.nanos) * ticksPerNano);
    time.get().set(event, start, Math.round(span.nanos() * ticksPerNano));
  }
}
