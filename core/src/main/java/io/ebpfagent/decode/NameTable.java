// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Names that the kernel gives to numbers and may change, read from its files all at once: again
 * when they are old, and when a number is missing.
 */
final class NameTable {
  private static final long OLD = TimeUnit.SECONDS.toNanos(10);
  private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

  private final Source source;
  private final LongSupplier nanoTime;
  private Map<Long, String> names = Map.of();
  private boolean read;
  private long readAt;

  /** Reads all names. */
  @FunctionalInterface
  interface Source {
    Map<Long, String> read() throws IOException;
  }

  NameTable(Source source, LongSupplier nanoTime) {
    this.source = source;
    this.nanoTime = nanoTime;
  }

  synchronized @Nullable String name(long number) {
    long age = nanoTime.getAsLong() - readAt;
    if (!read || age >= OLD || (age >= PAUSE && !names.containsKey(number))) {
      try {
        names = source.read();
      } catch (IOException _) {
        // What we knew is better than nothing; the next look-up tries again.
      }
      read = true;
      readAt = nanoTime.getAsLong();
    }
    return names.get(number);
  }
}
