// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.linux.Descriptors;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.linux.NativeMemory;
import io.ebpfagent.linux.Poll;
import io.ebpfagent.linux.RecordConsumer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * A ring buffer's records, read from the pages that the kernel shares:
 *
 * <pre>
 * consumer page (ours to write)   0 u64 position up to which we have read
 * producer page                   0 u64 position up to which records are reserved
 * data, mapped twice in a row     a record: 0 u32 length | BUSY | DISCARD   4 u32 (the kernel's)
 *                                           8 the bytes, up to the next multiple of 8
 * </pre>
 *
 * <p>Positions only grow; their low bits are the offset in the data. Because the data is mapped
 * twice, a record that wraps around can be read in one piece. One thread drains; any thread may
 * read the counters. The buffer stays readable after its object is closed, so that the last records
 * can be read after the programs are gone.
 */
public final class RingBuffer implements AutoCloseable {
  // linux/bpf.h
  private static final int BUSY = 1 << 31;
  private static final int DISCARD = 1 << 30;
  private static final int HEADER_BYTES = 8;

  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

  /** The read position is published whenever this fraction of the buffer, 1/8, was read. */
  private static final int PUBLISH_FRACTION = 8;

  private static final int NO_FD = -1;

  private final String name;
  private final Arena arena;
  private final MemorySegment consumer;
  private final MemorySegment producer;
  private final MemorySegment data;
  private final long size;
  private final Object lock = new Object();

  private int fd;
  private byte[] record = new byte[256];

  /** The consumer's position; the kernel knows the one of the last {@link #publish}. */
  private long position;

  private long read;
  private volatile long records;

  /** Creates a reader of the pages of a map, or of a test. */
  RingBuffer(
      String name,
      int fd,
      Arena arena,
      MemorySegment consumer,
      MemorySegment producer,
      MemorySegment data,
      long size) {
    this.name = name;
    this.fd = fd;
    this.arena = arena;
    this.consumer = consumer;
    this.producer = producer;
    this.data = data;
    this.size = size;
    this.position = (long) LONG.getAcquire(consumer, 0L);
  }

  /**
   * Maps a loaded ring buffer. There may only be one reader, because the position is stored in the
   * map.
   *
   * @throws KernelException when the map is not a ring buffer or can't be mapped
   */
  @SuppressWarnings("MustBeClosed") // the arena is closed by close(), and here on failure
  static RingBuffer open(BpfMap map) throws KernelException {
    String operation = "map the pages of ringbuf " + map.name();
    if (map.type() != BpfMap.RINGBUF) {
      throw new BpfException(operation, Errno.EINVAL, "it is a " + map.typeName());
    }
    // A duplicate of the file descriptor stays valid after the object is closed.
    int fd = map.duplicateFd(operation);
    // A shared arena: the counters are read by other threads than the draining one.
    Arena arena = Arena.ofShared();
    try {
      long page = NativeMemory.pageSize();
      long size = Integer.toUnsignedLong(map.maxEntries());
      MemorySegment consumer = NativeMemory.map(operation, fd, 0, page, true, arena);
      MemorySegment produced = NativeMemory.map(operation, fd, page, page + 2 * size, false, arena);
      return new RingBuffer(
          map.name(),
          fd,
          arena,
          consumer,
          produced.asSlice(0, page),
          produced.asSlice(page, 2 * size),
          size);
    } catch (KernelException | RuntimeException e) {
      arena.close();
      Descriptors.close(fd);
      throw e;
    }
  }

  /** Returns the map's name. */
  public String name() {
    return name;
  }

  /** Capacity for records and their headers, in bytes. */
  public long size() {
    return size;
  }

  /** Number of records that were passed to consumers. */
  public long records() {
    return records;
  }

  /** Fraction of the buffer that is in use now, 0 to 1. */
  public double used() {
    synchronized (lock) {
      return fd == NO_FD ? 0 : Math.min(1, (double) inUse() / size);
    }
  }

  private long inUse() {
    long from = (long) LONG.getAcquire(consumer, 0L);
    return Math.max(0, (long) LONG.getAcquire(producer, 0L) - from);
  }

  /**
   * Passes the records that are in the buffer to {@code to}: at most {@code most}, and none after
   * one that a producer has reserved but not filled yet.
   *
   * @return the number of records
   */
  public int drain(int most, RecordConsumer to) {
    int count = 0;
    long published = position;
    long produced = (long) LONG.getAcquire(producer, 0L);
    try {
      while (count < most && position != produced) {
        long at = position & (size - 1);
        int header = (int) INT.getAcquire(data, at);
        if ((header & BUSY) != 0) {
          break;
        }
        int length = header & ~DISCARD;
        position += (length + HEADER_BYTES + 7L) & -8L;
        if ((header & DISCARD) == 0) {
          count++;
          give(at + HEADER_BYTES, length, to);
        }
        if (position - published >= size / PUBLISH_FRACTION) {
          published = publish();
        }
      }
    } finally {
      if (position != published) {
        publish();
      }
      read += count;
      records = read;
    }
    return count;
  }

  private void give(long at, int length, RecordConsumer to) {
    if (record.length < length) {
      record = new byte[Math.max(record.length * 2, length)];
    }
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, record, 0, length);
    to.accept(record, length);
  }

  /** Publishes the read position, which frees the room of what was read. */
  private long publish() {
    LONG.setRelease(consumer, 0L, position);
    return position;
  }

  /**
   * Creates a poll for records in any of several buffers, which must stay open as long as it is
   * used.
   *
   * @throws KernelException when the process has no file descriptor left
   */
  public static Poll poll(List<RingBuffer> buffers) throws KernelException {
    // poll(2) compares the positions when it is called. So records that came after a drain, even
    // unfinished ones, make it return at once.
    return new Poll(buffers.stream().mapToInt(buffer -> buffer.fd).toArray());
  }

  /** Unmaps the pages. The draining thread must have ended. */
  @Override
  public void close() {
    synchronized (lock) {
      if (fd != NO_FD) {
        arena.close();
        Descriptors.close(fd);
        fd = NO_FD;
      }
    }
  }
}
