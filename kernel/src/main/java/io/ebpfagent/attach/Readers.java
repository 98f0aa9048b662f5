// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts those who read something that can be closed at any time. Once closed, nobody begins to
 * read, and the last one who ends closes it for good. Nobody waits for anybody.
 */
final class Readers implements AutoCloseable {
  /** Set once it is closed; the other bits count. */
  private static final int CLOSED = 1 << 31;

  private final AtomicInteger state = new AtomicInteger();
  private final Runnable last;

  /**
   * @param last closes what is read; called once, when it is closed and nobody reads
   */
  Readers(Runnable last) {
    this.last = last;
  }

  /** Begins to read; false when it is closed, and then there is nothing to be ended. */
  boolean begin() {
    return state.getAndUpdate(count -> count < 0 ? count : count + 1) >= 0;
  }

  void end() {
    if (state.decrementAndGet() == CLOSED) {
      last.run();
    }
  }

  /** How many read now. */
  int count() {
    return state.get() & ~CLOSED;
  }

  @Override
  public void close() {
    if (state.getAndUpdate(count -> count | CLOSED) == 0) {
      last.run();
    }
  }
}
