// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes the caches of an engine may take, all together; first come, first served. Used by
 * many threads at once.
 */
public final class CacheBudget {
  /** What an engine's caches take at most if nobody says otherwise. */
  public static final long DEFAULT_BYTES = 32L << 20;

  private final AtomicLong left;

  public CacheBudget(long bytes) {
    left = new AtomicLong(bytes);
  }

  /** Takes so many bytes, or none when fewer are left. */
  boolean take(long bytes) {
    long before = left.get();
    while (before >= bytes) {
      if (left.compareAndSet(before, before - bytes)) {
        return true;
      }
      before = left.get();
    }
    return false;
  }

  /** Gives back what was taken. */
  void give(long bytes) {
    left.addAndGet(bytes);
  }

  /** How many bytes may still be taken. */
  public long left() {
    return left.get();
  }
}
