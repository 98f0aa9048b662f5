// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The platform threads of this JVM by their number in Java. For one thread. */
final class JavaThreads {
  private static final long KEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** Of none is more remembered than that it may be collected. */
  private final Map<Long, WeakReference<Thread>> threads = new HashMap<>();

  private long looked = System.nanoTime() - KEEP_NANOS;

  /** A thread; null for one that is not known, or has ended. */
  @Nullable Thread find(long id) {
    if (id == 0) {
      return null;
    }
    WeakReference<Thread> known = threads.get(id);
    if (known == null && System.nanoTime() - looked >= KEEP_NANOS) {
      look();
      known = threads.get(id);
    }
    return known == null ? null : known.get();
  }

  private void look() {
    ThreadGroup root = Thread.currentThread().getThreadGroup();
    for (ThreadGroup above = root; above != null; above = above.getParent()) {
      root = above;
    }
    // More may start while they are counted; one that is missed is found the next time.
    Thread[] all = new Thread[root.activeCount() * 2 + 16];
    int count = root.enumerate(all);
    threads.clear();
    for (int i = 0; i < count; i++) {
      threads.put(all[i].threadId(), new WeakReference<>(all[i]));
    }
    looked = System.nanoTime();
  }
}
