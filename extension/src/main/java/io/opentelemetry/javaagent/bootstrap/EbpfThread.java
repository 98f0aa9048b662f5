// SPDX-License-Identifier: Apache-2.0
package io.opentelemetry.javaagent.bootstrap;

import java.util.function.ToLongFunction;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * Which context a thread is in, and which record in memory says so to the kernel. There is one for
 * each thread, which alone uses it.
 *
 * <p>Advice in classes of the JDK calls this, so the bootstrap loader has it, in a package that is
 * there: see {@code BootstrapClasses}. It names nothing of OpenTelemetry, whose classes have other
 * names there.
 *
 * <p>A virtual thread writes to the record of the thread that carries it, and that thread's own
 * contexts are never written: the agent attaches some around whatever virtual thread comes.
 */
@NullMarked
public final class EbpfThread {
  /** Where a thread writes that has no record. */
  private static final long NOWHERE = -1;

  private static final int VALID = 1;

  private static final ThreadLocal<EbpfThread> CURRENT = new ThreadLocal<>();

  private static volatile boolean on;
  private static volatile @Nullable ToLongFunction<Thread> records;

  /**
   * Whether all the hooks in VirtualThread were ever called; nobody says so when they are not
   * there.
   */
  private static volatile boolean unmountSeen;

  /** The current context; null for the root. */
  public @Nullable Object context;

  /**
   * The trace id of {@link #traceHigh} and {@link #traceLow}, as it was given: children share it.
   */
  public @Nullable String traceId;

  // What the record has, or would have: ids as their bytes lie in memory.
  private long traceHigh;
  private long traceLow;
  private long spanId;
  private int header;

  /** Where this thread writes. */
  private long record = NOWHERE;

  /** Where the virtual threads write that it carries. */
  private long carried = NOWHERE;

  private boolean carrier;

  /** Whether it asked for a record. Virtual threads don't: they get their carriers'. */
  private boolean asked;

  private EbpfThread(boolean virtual) {
    asked = virtual;
  }

  /** The current thread's, if it has one. */
  public static @Nullable EbpfThread currentOrNull() {
    return CURRENT.get();
  }

  /** The current thread's. */
  public static EbpfThread current() {
    EbpfThread thread = CURRENT.get();
    return thread != null ? thread : create();
  }

  private static EbpfThread create() {
    EbpfThread thread = new EbpfThread(Thread.currentThread().isVirtual());
    CURRENT.set(thread);
    return thread;
  }

  /**
   * Begins to write.
   *
   * @param giver gives the current thread its record: where it begins, or a negative number for
   *     none
   */
  public static void switchOn(ToLongFunction<Thread> giver) {
    records = giver;
    // The first write loads and links what it needs, and a thread may wait meanwhile, half way.
    for (int i = 0; i < 3; i++) {
      EbpfRecords.write(0, 1, 2, 3, VALID);
      EbpfRecords.clear(0);
    }
    on = true;
  }

  public static boolean isOn() {
    return on;
  }

  /** Whether virtual threads write: from the first one on that was seen to leave its carrier. */
  public static boolean seesVirtualThreads() {
    return unmountSeen;
  }

  // --- What the thread itself says
  // ----------------------------------------------------------------

  /** Whether a context is written at all when it changes. */
  public boolean isListening() {
    return on && !carrier;
  }

  /** Sets the trace that the next spans are of. */
  public void trace(@Nullable String id, long high, long low) {
    traceId = id;
    traceHigh = high;
    traceLow = low;
  }

  /**
   * The thread is in a span of the trace that was set.
   *
   * @param flags of the trace: 0 to 255
   */
  public void enter(long span, int flags) {
    spanId = span;
    header = VALID | flags << 8;
    write();
  }

  /** The thread is in no span. */
  public void leave() {
    if (header != 0) {
      header = 0;
      EbpfRecords.clear(record);
    }
  }

  /** What a thread is in, to go back to it. */
  public static class Saved {
    private final @Nullable String traceId;
    private final long traceHigh;
    private final long traceLow;
    private final long spanId;
    private final int header;

    protected Saved(EbpfThread thread) {
      traceId = thread.traceId;
      traceHigh = thread.traceHigh;
      traceLow = thread.traceLow;
      spanId = thread.spanId;
      header = thread.header;
    }
  }

  public void restore(Saved saved) {
    if (saved.header == 0) {
      leave();
      return;
    }
    traceId = saved.traceId;
    traceHigh = saved.traceHigh;
    traceLow = saved.traceLow;
    spanId = saved.spanId;
    header = saved.header;
    write();
  }

  private void write() {
    if (record >= 0) {
      EbpfRecords.write(record, traceHigh, traceLow, spanId, header);
    } else if (!asked && header != 0) {
      record = ask();
      if (record >= 0) {
        EbpfRecords.write(record, traceHigh, traceLow, spanId, header);
      }
    }
  }

  private long ask() {
    asked = true;
    ToLongFunction<Thread> giver = records;
    return giver == null ? NOWHERE : giver.applyAsLong(Thread.currentThread());
  }

  // --- What is said of it
  // -------------------------------------------------------------------------

  /** The current thread is about to carry a virtual one. Returns what {@link #mounted} wants. */
  public static @Nullable Object mounting() {
    try {
      if (!on) {
        return null;
      }
      EbpfThread thread = current();
      if (!thread.carrier) {
        thread.becomeCarrier();
      }
      return thread;
    } catch (Throwable e) {
      // Nothing of ours may end a virtual thread; without a record it only is in no span.
      return null;
    }
  }

  private void becomeCarrier() {
    leave();
    carrier = true;
    carried = asked ? record : ask();
    record = NOWHERE;
  }

  /** The current thread is virtual, and now carried by the one that was about to. */
  public static void mounted(@Nullable Object mounting) {
    if (mounting == null) {
      return;
    }
    try {
      if (!unmountSeen) {
        return;
      }
      EbpfThread thread = current();
      thread.record = ((EbpfThread) mounting).carried;
      if (thread.header != 0 && thread.record >= 0) {
        EbpfRecords.write(
            thread.record, thread.traceHigh, thread.traceLow, thread.spanId, thread.header);
      }
    } catch (Throwable e) {
      EbpfRecords.clear(((EbpfThread) mounting).carried);
    }
  }

  /** The current thread has carried a virtual one until now. */
  public static void unmounted() {
    if (!on) {
      return;
    }
    EbpfThread thread = CURRENT.get();
    if (thread != null && thread.carried >= 0) {
      // Whoever writes a volatile takes it from all others, who read it at each mount.
      if (!unmountSeen) {
        unmountSeen = true;
      }
      EbpfRecords.clear(thread.carried);
    }
  }

  /** The current thread is about to lose its thread locals, and with them its context. */
  public static void forgetting() {
    EbpfThread thread = CURRENT.get();
    if (thread != null) {
      thread.context = null;
      thread.leave();
    }
  }
}
