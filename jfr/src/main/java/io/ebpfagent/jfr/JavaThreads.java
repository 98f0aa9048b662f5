// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The platform threads of this JVM by their number in Java, which is never given again. */
final class JavaThreads {
  /** Looking takes some 0.1 ms, and is needed after a thread has started. */
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private static final int MOST_HIDDEN = 4096;

  /** They may be collected nevertheless. */
  private final Map<Long, WeakReference<Thread>> threads = new HashMap<>();

  /** Threads of the JVM itself, which Java doesn't show, and those that ended before. */
  private final Set<Long> hidden = new HashSet<>();

  private long looked = System.nanoTime() - LOOK_EVERY_NANOS;

  /** A thread; null for one that is not known, or has ended. */
  @Nullable Thread find(long id) {
    if (id == 0) {
      return null;
    }
    WeakReference<Thread> known = threads.get(id);
    if (known == null && !hidden.contains(id) && System.nanoTime() - looked >= LOOK_EVERY_NANOS) {
      look();
      known = threads.get(id);
      if (known == null) {
        hide(id);
      }
    }
    return known == null ? null : known.get();
  }

  private void hide(long id) {
    if (hidden.size() >= MOST_HIDDEN) {
      hidden.clear();
    }
    hidden.add(id);
  }

  private void look() {
    ThreadGroup root = Thread.currentThread().getThreadGroup();
    for (ThreadGroup above = root; above != null; above = above.getParent()) {
      root = above;
    }
    // More may start while they are counted.
    Thread[] all = new Thread[root.activeCount() * 2 + 16];
    int count = root.enumerate(all);
    threads.clear();
    for (int i = 0; i < count; i++) {
      threads.put(all[i].threadId(), new WeakReference<>(all[i]));
    }
    looked = System.nanoTime();
  }
}
