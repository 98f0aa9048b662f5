// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Names that the kernel assigns to numbers and may change. All are read from its files at once:
 * again when they are old, and when a number is missing.
 */
final class NameTable {
  private static final long OLD = TimeUnit.SECONDS.toNanos(10);
  private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

  private final Source source;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable Reading last;

  private record Reading(Map<Long, String> names, long at) {}

  /** Reads all names. */
  @FunctionalInterface
  interface Source {
    Map<Long, String> read() throws IOException;
  }

  NameTable(Source source, LongSupplier nanoTime) {
    this.source = source;
    this.nanoTime = nanoTime;
  }

  @Nullable String name(long number) {
    Reading known = last;
    if (known == null || isDue(known, number)) {
      known = readAgain(known, number);
    }
    return known.names.get(number);
  }

  private boolean isDue(Reading reading, long number) {
    long age = nanoTime.getAsLong() - reading.at;
    return age >= OLD || (age >= PAUSE && !reading.names.containsKey(number));
  }

  /**
   * Reads the names again. While one thread reads, the others use the last reading, if there is
   * one.
   */
  private Reading readAgain(@Nullable Reading seen, long number) {
    if (seen == null) {
      lock.lock();
    } else if (!lock.tryLock()) {
      return seen;
    }
    try {
      Reading known = last;
      if (known == null || isDue(known, number)) {
        known = new Reading(read(known), nanoTime.getAsLong());
        last = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  private Map<Long, String> read(@Nullable Reading before) {
    try {
      return source.read();
    } catch (IOException e) {
      // The last reading is better than nothing; a later look-up tries again.
      return before == null ? Map.of() : before.names;
    }
  }
}
