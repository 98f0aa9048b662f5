// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How long a cached answer of a chain of decoders is valid.
 *
 * @param mayChange whether a decoder of the chain may answer differently later
 * @param nanoTime the clock, in nanoseconds
 */
record Freshness(boolean mayChange, LongSupplier nanoTime) {
  private static final long STAND_IN = TimeUnit.SECONDS.toNanos(1);
  private static final long CHANGING = TimeUnit.SECONDS.toNanos(30);

  /**
   * Returns the time at which an answer that is made now becomes invalid; {@link Long#MAX_VALUE}
   * for never.
   */
  long until(Outcome outcome) {
    boolean standIn = outcome == Outcome.STAND_IN || outcome == Outcome.SKIP_ROW_FOR_NOW;
    if (!standIn && !mayChange) {
      return Long.MAX_VALUE;
    }
    long until = nanoTime.getAsLong() + (standIn ? STAND_IN : CHANGING);
    return until == Long.MAX_VALUE ? until - 1 : until;
  }

  /** Whether an answer is no longer valid. The clock is only read when that matters. */
  boolean isOver(long until) {
    return until != Long.MAX_VALUE && nanoTime.getAsLong() - until >= 0;
  }
}
