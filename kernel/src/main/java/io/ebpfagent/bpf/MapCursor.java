// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.linux.Cpus;
import io.ebpfagent.linux.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Reads a map's rows in chunks: {@code while (cursor.next()) for (i < cursor.rows()) …}. The values
 * must be 8 bytes. A chunk is one system call ({@code BPF_MAP_LOOKUP_BATCH}); kernels that lack it
 * for the map's type are read row by row, where rows that come twice are dropped. Rows that appear
 * or go while the map is read may or may not be seen. Not thread-safe.
 */
public final class MapCursor implements AutoCloseable {
  private static final int CHUNK_BYTES = 128 * 1024;
  private static final int MIN_ROWS = 16;
  private static final int MAX_ROWS = 4096;

  private final BpfMap map;
  private final int fd;
  private final int keySize;
  private final int cpus;
  private final MemorySegment count;
  private final Arena arena = Arena.ofConfined();
  private Arena chunkArena = Arena.ofConfined();

  private int capacity;
  private MemorySegment nativeKeys;
  private MemorySegment nativeValues;
  private MemorySegment position;
  private MemorySegment nextPosition;
  private byte[] keys;
  private long[] values;

  private int rows;
  private boolean started;
  private boolean ended;
  private boolean rowByRow;
  private final Set<Key> seen = new HashSet<>();

  /** A raw key that was read already; only where rows are read one by one. */
  private record Key(ByteBuffer bytes) {}

  MapCursor(BpfMap map) throws BpfException {
    this(map, MAX_ROWS, map.type() == BpfMap.LPM_TRIE);
  }

  /**
   * @param maxRows how many rows the first chunk may have room for
   * @param rowByRow whether to do without batches. Tries are read so: where the key that a batch
   *     ended at was deleted, the kernel begins the next one at the first row again.
   */
  MapCursor(BpfMap map, int maxRows, boolean rowByRow) throws BpfException {
    if (!map.readable() || map.valueSize() != Long.BYTES) {
      throw new BpfException(
          "read map " + map.name(),
          Errno.EINVAL,
          "rows of 8-byte values are read, this is a %s of %d bytes"
              .formatted(map.typeName(), map.valueSize()),
          "");
    }
    this.map = map;
    this.fd = map.fd();
    this.keySize = map.keySize();
    this.cpus = map.perCpu() ? Cpus.possible() : 1;
    this.count = arena.allocate(ValueLayout.JAVA_INT);
    // Hashes give back a u32 bucket, tries a key: room for either.
    this.position = arena.allocate(Math.max(keySize, 8), 8);
    this.nextPosition = arena.allocate(Math.max(keySize, 8), 8);
    int rowBytes = keySize + cpus * Long.BYTES;
    int wanted = Math.min(maxRows, Math.max(CHUNK_BYTES / rowBytes, MIN_ROWS));
    this.capacity = Math.clamp(Integer.toUnsignedLong(map.maxEntries()), 1, wanted);
    this.rowByRow = rowByRow;
    this.nativeKeys = chunkArena.allocate((long) capacity * keySize, 8);
    this.nativeValues = chunkArena.allocate((long) capacity * cpus * Long.BYTES, 8);
    this.keys = new byte[capacity * keySize];
    this.values = new long[capacity * cpus];
  }

  /** Reads the next chunk; false at the end. */
  public boolean next() throws BpfException {
    rows = 0;
    while (!ended && rows == 0) {
      if (rowByRow) {
        readRows();
      } else {
        readBatch();
      }
    }
    return rows > 0;
  }

  /** How many rows the chunk has. */
  public int rows() {
    return rows;
  }

  /**
   * The chunk's keys end to end, {@link BpfMap#keySize} bytes each; overwritten by {@link #next}.
   */
  public byte[] keys() {
    return keys;
  }

  /** How many values a row has: the possible CPUs of a per-CPU map, else 1. */
  public int cpus() {
    return cpus;
  }

  /** The chunk's values, {@link #cpus} a row; overwritten by {@link #next}. */
  public long[] values() {
    return values;
  }

  /** A row's value on one CPU. */
  public long value(int row, int cpu) {
    return values[row * cpus + cpu];
  }

  /** A row's value, summed over the CPUs of a per-CPU map. */
  public long value(int row) {
    if (cpus == 1) {
      return values[row];
    }
    long sum = 0;
    for (int i = row * cpus; i < (row + 1) * cpus; i++) {
      sum += values[i];
    }
    return sum;
  }

  private void readBatch() throws BpfException {
    count.set(ValueLayout.JAVA_INT, 0, capacity);
    int result =
        Libbpf.Syscalls.lookupBatch(
            fd,
            started ? position : MemorySegment.NULL,
            nextPosition,
            nativeKeys,
            nativeValues,
            count);
    switch (-result) {
      case 0 -> takeBatch();
      case Errno.ENOENT -> {
        // The end comes with the last rows.
        takeBatch();
        ended = true;
      }
      case Errno.ENOSPC -> grow();
      case Errno.EINTR -> {}
      case Errno.EINVAL, Errno.EOPNOTSUPP, Errno.ENOTSUPP -> {
        if (started) {
          throw map.failure("read", -result);
        }
        rowByRow = true;
      }
      default -> throw map.failure("read", -result);
    }
  }

  private void takeBatch() {
    rows = count.get(ValueLayout.JAVA_INT, 0);
    MemorySegment.copy(nativeKeys, ValueLayout.JAVA_BYTE, 0, keys, 0, rows * keySize);
    MemorySegment.copy(nativeValues, ValueLayout.JAVA_LONG, 0, values, 0, rows * cpus);
    started = true;
    MemorySegment swap = position;
    position = nextPosition;
    nextPosition = swap;
  }

  /** A hash bucket held more rows than the chunk: the kernel gives a bucket whole or not at all. */
  @SuppressWarnings("MustBeClosed") // close() does
  private void grow() {
    capacity *= 2;
    chunkArena.close();
    chunkArena = Arena.ofConfined();
    nativeKeys = chunkArena.allocate((long) capacity * keySize, 8);
    nativeValues = chunkArena.allocate((long) capacity * cpus * Long.BYTES, 8);
    keys = new byte[capacity * keySize];
    values = new long[capacity * cpus];
  }

  private void readRows() throws BpfException {
    while (rows < capacity) {
      int result =
          Libbpf.Syscalls.nextKey(fd, started ? position : MemorySegment.NULL, nextPosition);
      if (result == -Errno.ENOENT) {
        ended = true;
        return;
      }
      if (result < 0) {
        throw map.failure("read", -result);
      }
      started = true;
      MemorySegment swap = position;
      position = nextPosition;
      nextPosition = swap;
      readRow();
    }
  }

  /** Reads the row whose key is {@code position}; it may have gone since. */
  private void readRow() throws BpfException {
    int result = Libbpf.Syscalls.lookup(fd, position, nativeValues);
    if (result == -Errno.ENOENT) {
      return;
    }
    if (result < 0) {
      throw map.failure("read", -result);
    }
    MemorySegment.copy(position, ValueLayout.JAVA_BYTE, 0, keys, rows * keySize, keySize);
    // When the key that we stand on is deleted, the kernel starts over: rows come twice.
    byte[] key = Arrays.copyOfRange(keys, rows * keySize, (rows + 1) * keySize);
    if (!seen.add(new Key(ByteBuffer.wrap(key)))) {
      return;
    }
    MemorySegment.copy(nativeValues, ValueLayout.JAVA_LONG, 0, values, rows * cpus, cpus);
    rows++;
  }

  @Override
  public void close() {
    chunkArena.close();
    arena.close();
  }
}
