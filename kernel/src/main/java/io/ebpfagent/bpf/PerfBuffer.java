// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.linux.Cpus;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.linux.PerfRing;
import io.ebpfagent.linux.Poll;
import io.ebpfagent.linux.RecordConsumer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The events that programs write to a perf event array, from all CPUs. They are read from the pages
 * that the kernel shares, and not with libbpf's perf_buffer: that one calls back into Java for
 * every event, and an exception in such a call ends the process.
 *
 * <p>One thread waits; any thread may drain, and gets the events that no other thread has taken.
 * Closing waits for both.
 */
public final class PerfBuffer implements AutoCloseable {
  private final String name;
  private final List<PerfRing> rings;
  private final Arena arena;
  private final Poll poll;
  private final Object waiting = new Object();
  private final Object draining = new Object();
  private volatile boolean closed;
  private long lost;

  private PerfBuffer(String name, List<PerfRing> rings, Arena arena, Poll poll) {
    this.name = name;
    this.rings = List.copyOf(rings);
    this.arena = arena;
    this.poll = poll;
  }

  /**
   * Opens a ring for every online CPU, into which programs' events go from now on.
   *
   * @param bytesPerCpu size of each ring: a power of two, at least a page; reduced when it is more
   *     than this process may lock
   */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), and here on failure
  static PerfBuffer open(BpfMap map, int bytesPerCpu) throws KernelException {
    String operation = "open perf buffers of " + map.name();
    if (map.type() != BpfMap.PERF_EVENT_ARRAY) {
      throw new BpfException(operation, Errno.EINVAL, "it is a " + map.typeName());
    }
    List<PerfRing> rings = new ArrayList<>();
    // A shared arena: scrapes drain as well as the waiting thread.
    Arena arena = Arena.ofShared();
    try {
      int cpus = map.maxEntries();
      for (int cpu : Cpus.online()) {
        if (Integer.compareUnsigned(cpu, cpus) < 0) {
          PerfRing ring = PerfRing.open(operation, cpu, bytesPerCpu, arena);
          rings.add(ring);
          map.update(u32(cpu), u32(ring.fd()));
        }
      }
      Poll poll = new Poll(rings.stream().mapToInt(PerfRing::fd).toArray());
      return new PerfBuffer(map.name(), rings, arena, poll);
    } catch (KernelException | RuntimeException e) {
      rings.forEach(PerfRing::close);
      arena.close();
      throw e;
    }
  }

  private static byte[] u32(int value) {
    byte[] bytes = new byte[Integer.BYTES];
    MemorySegment.ofArray(bytes).set(ValueLayout.JAVA_INT_UNALIGNED, 0, value);
    return bytes;
  }

  /** Returns the map's name. */
  public String name() {
    return name;
  }

  /**
   * Waits until there may be events. Only one thread may call this.
   *
   * @return false when the buffer is closed
   */
  public boolean await() {
    synchronized (waiting) {
      if (!closed) {
        poll.await(-1);
      }
      return !closed;
    }
  }

  /**
   * Passes the events that are in the buffer to {@code to}; those of one CPU are in order.
   *
   * @return the number of events
   */
  public int drain(RecordConsumer to) {
    synchronized (draining) {
      int events = 0;
      if (!closed) {
        for (PerfRing ring : rings) {
          events += ring.drain(to);
        }
      }
      return events;
    }
  }

  /**
   * Number of events that did not fit since the buffer was opened. Kernels before 6.0 only report
   * lost events together with the next one that fits.
   */
  public long lost() {
    synchronized (draining) {
      if (!closed) {
        lost = rings.stream().mapToLong(PerfRing::lost).sum();
      }
      return lost;
    }
  }

  @Override
  public void close() {
    synchronized (draining) {
      if (closed) {
        return;
      }
      lost();
      closed = true;
    }
    poll.wake();
    synchronized (waiting) {
      poll.close();
    }
    synchronized (draining) {
      rings.forEach(PerfRing::close);
      arena.close();
    }
  }
}
