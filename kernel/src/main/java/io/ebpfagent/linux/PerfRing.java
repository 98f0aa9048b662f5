// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * One CPU's buffer of a perf event array: a perf event whose pages are mapped (struct
 * perf_event_mmap_page and enum perf_event_type of perf_event.h).
 *
 * <pre>
 * first page   1024 u64 head, up to which the kernel has written
 *              1032 u64 tail, up to which we have read (ours to write)
 * data         a record: 0 u32 type   4 u16 misc   6 u16 size
 *              SAMPLE    8 u32 length   12 the event's bytes
 *              LOST      8 u64 id       16 u64 how many
 * </pre>
 *
 * <p>Positions only grow; their low bits are the offset in the data. The size of a record is a
 * multiple of 8 bytes; it may wrap around anywhere after its header. Not thread-safe.
 */
public final class PerfRing implements AutoCloseable {
  // perf_event.h
  private static final int PERF_TYPE_SOFTWARE = 1;
  private static final long PERF_COUNT_SW_BPF_OUTPUT = 10;
  private static final long PERF_SAMPLE_RAW = 1 << 10;
  private static final long PERF_FORMAT_LOST = 1 << 4;
  private static final int PERF_RECORD_LOST = 2;
  private static final int PERF_RECORD_SAMPLE = 9;
  private static final long HEAD = 1024;
  private static final long TAIL = 1032;
  private static final int SAMPLE_LENGTH = 8;
  private static final int SAMPLE_BYTES = 12;
  private static final int LOST_COUNT = 16;

  /** Layout of all 32-bit fields; not all are aligned. */
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;

  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  /** The read position is published whenever this fraction of the buffer, 1/8, was read. */
  private static final int PUBLISH_FRACTION = 8;

  private final int fd;
  private final MemorySegment first;
  private final MemorySegment data;
  private final long size;

  /** Whether the kernel's count of lost events can be read, into {@link #count}. */
  private final boolean countsLost;

  private final MemorySegment count;
  private byte[] event = new byte[256];
  private long position;
  private long lost;

  private PerfRing(int fd, MemorySegment pages, long page, boolean countsLost, Arena arena) {
    this.fd = fd;
    this.first = pages.asSlice(0, page);
    this.data = pages.asSlice(page);
    this.size = data.byteSize();
    this.countsLost = countsLost;
    this.count = arena.allocate(2 * Long.BYTES, 8);
  }

  public static PerfRing open(String operation, int cpu, int bytes, Arena arena)
      throws KernelException {
    int counting = openEvent(cpu, PERF_FORMAT_LOST);
    boolean countsLost = counting != -Errno.EINVAL;
    int fd = countsLost ? counting : openEvent(cpu, 0); // before Linux 6.0
    if (fd < 0) {
      String hint = fd == -Errno.EPERM || fd == -Errno.EACCES ? Privileges.hint("CAP_PERFMON") : "";
      throw new KernelException(operation + " on CPU " + cpu, -fd, hint);
    }
    try {
      long page = NativeMemory.pageSize();
      MemorySegment pages =
          mapMost(
              data -> NativeMemory.map(operation, fd, 0, page + data, true, arena), bytes, page);
      return new PerfRing(fd, pages, page, countsLost, arena);
    } catch (KernelException | RuntimeException e) {
      Descriptors.close(fd);
      throw e;
    }
  }

  private static int openEvent(int cpu, long readFormat) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = PerfEvent.attr(arena, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT, 1);
      attr.set(ValueLayout.JAVA_LONG, PerfEvent.ATTR_SAMPLE_TYPE, PERF_SAMPLE_RAW);
      attr.set(ValueLayout.JAVA_LONG, PerfEvent.ATTR_READ_FORMAT, readFormat);
      attr.set(ValueLayout.JAVA_INT, PerfEvent.ATTR_WAKEUP_EVENTS, 1);
      return PerfEvent.open(attr, cpu);
    }
  }

  /** Maps a ring's first page and {@code bytes} bytes of data. */
  @FunctionalInterface
  interface Mapping {
    MemorySegment map(long bytes) throws KernelException;
  }

  /**
   * Maps as much as allowed, up to {@code bytes}: without CAP_IPC_LOCK the memory of all perf
   * buffers is limited.
   */
  static MemorySegment mapMost(Mapping mapping, long bytes, long page) throws KernelException {
    try {
      return mapping.map(bytes);
    } catch (KernelException e) {
      if (e.errno() != Errno.EPERM || bytes <= page) {
        throw e;
      }
      return mapMost(mapping, bytes / 2, page);
    }
  }

  public int fd() {
    return fd;
  }

  /**
   * Passes the events that are in the buffer to {@code to}, and frees their room; returns the
   * number of events.
   */
  public int drain(RecordConsumer to) {
    int events = 0;
    long published = position;
    long head = (long) LONG.getAcquire(first, HEAD);
    try {
      while (position != head) {
        long at = position;
        int type = data.get(U32, at & (size - 1));
        position += data.get(ValueLayout.JAVA_SHORT, (at & (size - 1)) + 6) & 0xffff;
        if (type == PERF_RECORD_SAMPLE) {
          events++;
          int length = data.get(U32, (at + SAMPLE_LENGTH) & (size - 1));
          give(at + SAMPLE_BYTES, length, to);
        } else if (type == PERF_RECORD_LOST && !countsLost) {
          lost += data.get(ValueLayout.JAVA_LONG, (at + LOST_COUNT) & (size - 1));
        }
        if (position - published >= size / PUBLISH_FRACTION) {
          LONG.setRelease(first, TAIL, position);
          published = position;
        }
      }
    } finally {
      LONG.setRelease(first, TAIL, position);
    }
    return events;
  }

  private void give(long from, int length, RecordConsumer to) {
    if (event.length < length) {
      event = new byte[Math.max(event.length * 2, length)];
    }
    long at = from & (size - 1);
    int before = (int) Math.min(length, size - at);
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, event, 0, before);
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, event, before, length - before);
    to.accept(event, length);
  }

  /** Number of events that did not fit. */
  public long lost() {
    // Reads the event's value, which is unused, and its count of lost samples.
    if (countsLost && Descriptors.read(fd, count) == count.byteSize()) {
      lost = count.get(ValueLayout.JAVA_LONG, Long.BYTES);
    }
    return lost;
  }

  /** Closes the file descriptor; the pages belong to the arena. */
  @Override
  public void close() {
    Descriptors.close(fd);
  }
}
