// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How long an answer of a chain of decoders is good.
 *
 * @param mayChange whether a decoder of the chain may answer otherwise later
 * @param nanoTime the clock, in nanoseconds
 */
record Freshness(boolean mayChange, LongSupplier nanoTime) {
  private static final long STAND_IN = TimeUnit.SECONDS.toNanos(1);
  private static final long CHANGING = TimeUnit.SECONDS.toNanos(30);

  /** When an answer made now stops being good; {@link Long#MAX_VALUE} for never. */
  long until(Outcome outcome) {
    boolean standIn = outcome == Outcome.STAND_IN || outcome == Outcome.SKIP_ROW_FOR_NOW;
    if (!standIn && !mayChange) {
      return Long.MAX_VALUE;
    }
    long until = nanoTime.getAsLong() + (standIn ? STAND_IN : CHANGING);
    return until == Long.MAX_VALUE ? until - 1 : until;
  }

  /** Whether an answer is no longer good; asks the clock only where it matters. */
  boolean isOver(long until) {
    return until != Long.MAX_VALUE && nanoTime.getAsLong() - until >= 0;
  }
}
