// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.context;

import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.linux.NativeMemory;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A record for each thread that is ever in a span, 64 bytes in the layout of OTEP 4947:
 *
 * <pre>
 *  0 u8 trace id[16]   16 u8 span id[8]   24 u8 valid   25 u8 flags   26 u16 size of attributes
 * 28 attributes        48 u64 address of the JVM's struct of the thread, or 0
 * 60 u32 owner: a number that is one thread's and no other's
 * </pre>
 *
 * <p>The records are never freed, and a thread has one for life: whoever reads them, at whatever
 * time, reads a record. One is given to another thread when the first has ended, and then has
 * another owner. Whose memory they are in makes no difference to whoever writes them. Safe from
 * many threads.
 */
public final class ThreadSlots implements ToLongFunction<Thread> {
  /** A record's bytes. */
  public static final int BYTES = 64;

  /** Where a record has its owner. */
  public static final int OWNER = 60;

  private static final int JAVA_THREAD = 48;

  /** No record, for a thread that can't have one. */
  public static final long NONE = -1;

  /** How many records are looked at for one whose thread has ended, each time one is wanted. */
  private static final int LOOKS = 8;

  /** The first one is nobody's, to be written to for a trial. */
  private static final int FIRST = 1;

  /** Lets programs find a thread's record. */
  @FunctionalInterface
  interface Registration {
    /** Registers the current thread. */
    void register(int index, int owner) throws KernelException;
  }

  /** A record that was given away. */
  private record Slot(int index, long threadId, WeakReference<Thread> thread) {
    boolean isOver() {
      Thread owner = thread.get();
      // One that runs is known to the JVM, so that the reference to it stays. Its state may be what
      // a class of the application's says.
      return owner == null || !owner.isAlive();
    }
  }

  private final MemorySegment memory;
  private final Registration registration;
  private final Map<String, BpfMap> maps;
  private final Map<String, byte[]> globals;
  private final Log log;
  private final int most;
  private final LongAdder refused = new LongAdder();

  private volatile @Nullable ThreadPointer pointer;
  private volatile @Nullable JvmThreads jvm;

  // Guarded by this.
  private final List<Slot> given = new ArrayList<>();
  private final Map<Long, Slot> byThread = new HashMap<>();
  private final Deque<Integer> free = new ArrayDeque<>();
  private int next = FIRST;
  private int look;
  private int owners;
  private boolean logged;

  private ThreadSlots(
      MemorySegment memory,
      Registration registration,
      Map<String, BpfMap> maps,
      Map<String, byte[]> globals,
      Log log) {
    this.memory = memory;
    this.registration = registration;
    this.maps = Map.copyOf(maps);
    this.globals = Map.copyOf(globals);
    this.log = log;
    this.most = Math.toIntExact(memory.byteSize() / BYTES);
  }

  /**
   * Records that programs read: in an array in the kernel, which this process has mapped.
   *
   * @param most how many threads may have one at a time
   * @throws KernelException when the kernel refuses
   */
  public static ThreadSlots inKernel(int most, Log log) throws KernelException {
    ThreadMaps shared = ThreadMaps.load(most, log);
    return new ThreadSlots(
        shared.records().memory("map the threads' records"),
        shared,
        shared.byName(),
        shared.globals(),
        log);
  }

  /** Records that no program finds, only who reads this process's memory. */
  public static ThreadSlots inProcess(int most, Log log) throws KernelException {
    MemorySegment memory = NativeMemory.allocate("make the threads' records", (long) most * BYTES);
    return new ThreadSlots(memory, (index, owner) -> {}, Map.of(), Map.of(), log);
  }

  /** Records in memory of a test's. */
  static ThreadSlots of(int most, Registration registration) {
    MemorySegment memory = Arena.global().allocate((long) most * BYTES, BYTES);
    return new ThreadSlots(memory, registration, Map.of(), Map.of(), Log.NONE);
  }

  /**
   * Shows the records that threads get from now on to other tools: {@link ProcessContext} says so.
   *
   * @throws IOException when that can't be
   */
  public void show() throws IOException {
    pointer = ThreadPointer.load();
  }

  /** Lets programs know what threads wait for that get a record from now on. Before they load. */
  public void know(JvmThreads threads) {
    jvm = threads;
  }

  /** All records; mapped for the life of the JVM. */
  public MemorySegment memory() {
    return memory;
  }

  /** The maps that programs find threads and records in, by name. */
  public Map<String, BpfMap> maps() {
    return maps;
  }

  /** What programs must know to do so: values of {@code const volatile} variables. */
  public Map<String, byte[]> globals() {
    JvmThreads known = jvm;
    if (known == null) {
      return globals;
    }
    Map<String, byte[]> all = new HashMap<>(globals);
    all.putAll(known.globals());
    return all;
  }

  /** How many threads got no record. */
  public long refused() {
    return refused.sum();
  }

  /** How many records are in use, those of ended threads included that nobody wanted yet. */
  public synchronized int used() {
    return given.size();
  }

  /**
   * The record of the current thread: the one it has, or else a new one.
   *
   * @param thread the current one, no virtual one
   * @return where it begins in {@link #memory}; {@link #NONE} when there is none to be had
   */
  @Override
  public synchronized long applyAsLong(Thread thread) {
    // A thread whose thread-locals were erased comes again.
    Slot its = byThread.get(thread.threadId());
    if (its != null) {
      return (long) its.index * BYTES;
    }
    reclaim();
    int index = free.isEmpty() ? next : free.pop();
    if (index >= most) {
      return refuse("all %s records of threads are in use".formatted(most - FIRST));
    }
    if (index == next) {
      next++;
    }
    try {
      int owner = ++owners;
      MemorySegment record = memory.asSlice((long) index * BYTES, BYTES).fill((byte) 0);
      record.set(ValueLayout.JAVA_INT, OWNER, owner);
      JvmThreads known = jvm;
      if (known != null) {
        record.set(ValueLayout.JAVA_LONG, JAVA_THREAD, known.address(thread));
      }
      registration.register(index, owner);
      ThreadPointer shown = pointer;
      if (shown != null) {
        shown.set(record);
      }
    } catch (KernelException | RuntimeException | Error e) {
      free.push(index);
      return refuse(String.valueOf(e.getMessage()));
    }
    Slot slot = new Slot(index, thread.threadId(), new WeakReference<>(thread));
    given.add(slot);
    byThread.put(slot.threadId, slot);
    return (long) index * BYTES;
  }

  private long refuse(String reason) {
    refused.increment();
    if (!logged) {
      logged = true;
      log.warning("a thread's kernel spans are left out, and more may be: " + reason);
    }
    return NONE;
  }

  /** Takes back records of ended threads, of a few at a time. */
  @SuppressWarnings("ReferenceEquality") // slots have no values, there is one object for each
  private void reclaim() {
    for (int i = 0; i < LOOKS && !given.isEmpty(); i++) {
      look = look >= given.size() - 1 ? 0 : look + 1;
      Slot slot = given.get(look);
      if (slot.isOver()) {
        // The last one takes its place.
        Slot last = given.removeLast();
        if (last != slot) {
          given.set(look, last);
        }
        byThread.remove(slot.threadId);
        free.push(slot.index);
      }
    }
  }
}
