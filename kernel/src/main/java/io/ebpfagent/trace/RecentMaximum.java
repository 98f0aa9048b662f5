// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The largest number of the last minute or two. Any thread may read it at any time: a maximum since
 * the last read would be seen only by the first of several readers. One thread adds.
 */
final class RecentMaximum {
  private static final long WINDOW_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final LongSupplier nanoTime;

  /** The largest number of the last full minute, and of the current one. */
  private record Windows(long begin, double before, double now) {}

  private volatile Windows windows;

  RecentMaximum(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    windows = new Windows(nanoTime.getAsLong(), 0, 0);
  }

  void add(double number) {
    Windows last = windows;
    Windows current = at(nanoTime.getAsLong());
    if (current.begin != last.begin || number > current.now) {
      windows = new Windows(current.begin, current.before, Math.max(number, current.now));
    }
  }

  double get() {
    Windows current = at(nanoTime.getAsLong());
    return Math.max(current.before, current.now);
  }

  private Windows at(long time) {
    Windows last = windows;
    long over = (time - last.begin) / WINDOW_NANOS;
    if (over <= 0) {
      return last;
    }
    return new Windows(last.begin + over * WINDOW_NANOS, over == 1 ? last.now : 0, 0);
  }
}
