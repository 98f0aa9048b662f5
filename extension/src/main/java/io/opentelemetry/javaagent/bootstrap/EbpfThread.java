// SPDX-License-Identifier: Apache-2.0
package io.opentelemetry.javaagent.bootstrap;

import java.lang.invoke.VarHandle;
import java.util.Objects;
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

  /** Threads that others carry. */
  private static final String VIRTUAL = "java.lang.VirtualThread";

  private static final ThreadLocal<EbpfThread> CURRENT = new ThreadLocal<>();

  private static volatile boolean on;
  private static volatile @Nullable ToLongFunction<Thread> records;

  /**
   * Whether all the hooks in VirtualThread were ever called; nobody says so when they are not
   * there.
   */
  private static volatile boolean unmountSeen;

  /** What it is in; null for the root. */
  private @Nullable Object context;

  /** The span of that. */
  private SpanIds ids = SpanIds.NONE;

  /** Where this thread writes. */
  private long record = NOWHERE;

  /** Where the virtual threads write that it carries. */
  private long carried = NOWHERE;

  private boolean carrier;

  /** Whether it asked for a record. Virtual threads don't: they get their carriers'. */
  private boolean asked;

  /** The thread's number: a scope that nobody closes must not keep the thread. */
  private final long owner;

  private EbpfThread(Thread thread) {
    owner = thread.threadId();
    // A JVM without continuations (-XX:-VMContinuations) gives a virtual thread one of the
    // system's to itself.
    asked = thread.isVirtual() && thread.getClass().getName().equals(VIRTUAL);
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
    EbpfThread thread = new EbpfThread(Thread.currentThread());
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

  // --- What the thread itself says
  // ----------------------------------------------------------------

  /** Whether a context is written at all when it changes. */
  public boolean isListening() {
    return on && !carrier;
  }

  /** The context that the thread is in; null for the root. */
  public @Nullable Object context() {
    return context;
  }

  /** The span of that context. */
  public SpanIds ids() {
    return ids;
  }

  /**
   * The thread is in this context from now on. It is in what it was in before, or in nothing, when
   * there isn't room enough on the stack.
   */
  public void enter(Object next, SpanIds its) {
    write(its);
    context = next;
    ids = its;
  }

  /** The thread goes back to this context, null for the root. Whatever happens, it is back. */
  public void goBack(@Nullable Object before, SpanIds its) {
    context = before;
    ids = its;
    try {
      write(its);
    } catch (Throwable e) {
      // What it was in had room for more than this takes.
      clear(record);
    }
  }

  /** The thread has lost its thread locals, and this with them: it is in no span by this. */
  public void forget() {
    context = null;
    ids = SpanIds.NONE;
    clear(record);
  }

  /** Whether this is, or was, the current thread's. */
  public boolean isCurrentThreads() {
    return owner == Thread.currentThread().threadId();
  }

  /** A span as a record has it. Whoever reads it from its context sets it, once for all. */
  public static final class SpanIds {
    /** Of a context that is in no span. */
    public static final SpanIds NONE = new SpanIds();

    private static final int NOT_READ = -1;

    static {
      NONE.header = 0;
    }

    /** The trace id, as it was given: spans of one trace share the text. */
    private @Nullable String trace;

    // Ids as their bytes lie in memory. The header is 0 for no span, and then they mean nothing.
    private long traceHigh;
    private long traceLow;
    private long spanId;
    private int header = NOT_READ;

    /** Not yet read. */
    public SpanIds() {}

    /** Whether it was read, by any thread. */
    public boolean isRead() {
      boolean read = header != NOT_READ;
      VarHandle.acquireFence();
      return read;
    }

    /** There is no span. */
    public void setNone() {
      header = 0;
    }

    /**
     * The span's ids are these. Threads that set it at the same time set the same.
     *
     * @param id the trace id, whose bytes follow
     * @param flags of the trace: 0 to 255
     */
    public void set(String id, long high, long low, long span, int flags) {
      trace = id;
      traceHigh = high;
      traceLow = low;
      spanId = span;
      VarHandle.releaseFence();
      header = VALID | flags << 8;
    }

    /** The span is another one of the same trace. */
    public void setSiblingOf(SpanIds other, long span, int flags) {
      set(Objects.requireNonNull(other.trace), other.traceHigh, other.traceLow, span, flags);
    }

    /** Whether the span is of the trace that has this text as its id. */
    @SuppressWarnings("ReferenceEquality") // another text with the same id is only read again
    public boolean isOf(String id) {
      return trace != null && trace == id;
    }
  }

  private void write(SpanIds now) {
    if (now.header == 0) {
      clear(record);
      return;
    }
    if (record < 0) {
      if (asked) {
        return;
      }
      record = ask();
      if (record < 0) {
        return;
      }
    }
    EbpfRecords.write(record, now.traceHigh, now.traceLow, now.spanId, now.header);
  }

  /** Nobody has a record before there is memory, and without that the records' class won't load. */
  private static void clear(long record) {
    if (record >= 0) {
      EbpfRecords.clear(record);
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
    clear(record);
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
      if (thread.context != null) {
        thread.write(thread.ids);
      }
    } catch (Throwable e) {
      clear(((EbpfThread) mounting).carried);
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
      thread.forget();
    }
  }
}
