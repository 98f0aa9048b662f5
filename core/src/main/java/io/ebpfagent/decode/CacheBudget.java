// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Limit of the bytes that all caches of an engine take together; first come, first served.
 * Thread-safe.
 */
public final class CacheBudget {
  /** Default limit, in bytes. */
  public static final long DEFAULT_BYTES = 32L << 20;

  private final AtomicLong left;

  public CacheBudget(long bytes) {
    left = new AtomicLong(bytes);
  }

  /** Takes {@code bytes} from the budget; takes nothing and returns false when fewer are left. */
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

  /** Returns {@code bytes} to the budget. */
  void give(long bytes) {
    left.addAndGet(bytes);
  }

  /** Number of bytes that can still be taken. */
  public long left() {
    return left.get();
  }
}
