// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the readers of something that can be closed at any time. After closing no new reader can
 * begin, and the last one to end releases it. Nobody waits. Thread-safe.
 */
final class Readers implements AutoCloseable {
  /** Bit that is set after closing; the other bits are the number of readers. */
  private static final int CLOSED = 1 << 31;

  private final AtomicInteger state = new AtomicInteger();
  private final Runnable last;

  /**
   * @param last releases the resource; called once, when it is closed and has no readers
   */
  Readers(Runnable last) {
    this.last = last;
  }

  /** Begins to read; returns false if it is closed, and then {@link #end} must not be called. */
  boolean begin() {
    return state.getAndUpdate(count -> count < 0 ? count : count + 1) >= 0;
  }

  void end() {
    if (state.decrementAndGet() == CLOSED) {
      last.run();
    }
  }

  /** Number of current readers. */
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
