// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.linux.NativeFunction.address;

import io.ebpfagent.linux.Descriptors;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.NativeFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * Reads a map's rows in chunks: {@code while (cursor.next()) for (i < cursor.rows()) …}. The values
 * must be 8 bytes. A chunk is one system call ({@code BPF_MAP_LOOKUP_BATCH}). On kernels without it
 * for the map's type, rows are read one by one, and duplicates are dropped. Rows that are added or
 * removed meanwhile may or may not be seen. Not thread-safe: only the creating thread may use and
 * close it.
 */
public final class MapCursor implements AutoCloseable {
  private static final int CHUNK_BYTES = 128 * 1024;
  private static final int MIN_ROWS = 16;

  /**
   * In a chunk. With more a row takes no less time, and the CPU is kept for longer: 512 are read
   * and written out in some 0.2 ms.
   */
  private static final int MAX_ROWS = 128;

  /** A trie is begun anew when the row is deleted at which a chunk ended. */
  private static final int MAX_ROWS_OF_TRIE = 4096;

  /**
   * How often a reading row by row may meet a row again, beyond the map's size, because rows change
   * meanwhile.
   */
  private static final int SPARE_STEPS = 64 * 1024;

  // int bpf_map_lookup_batch(int fd, void *in_batch, void *out_batch, void *keys, void *values,
  // __u32 *count, const struct bpf_map_batch_opts *opts)
  private static final NativeFunction LOOKUP_BATCH = Libbpf.function("bpf_map_lookup_batch");
  // int bpf_map_get_next_key(int fd, const void *key, void *next_key)
  private static final NativeFunction GET_NEXT_KEY = Libbpf.function("bpf_map_get_next_key");

  private final BpfMap map;
  private final int fd;
  private final int keySize;
  private final int cpus;
  private final long maxEntries;
  private final MemorySegment count;
  private final Arena arena = Arena.ofConfined();
  private Arena chunkArena = Arena.ofConfined();

  private int capacity;
  private KernelBuffer nativeKeys;
  private KernelBuffer nativeValues;
  private KernelBuffer position;
  private KernelBuffer nextPosition;
  private byte[] keys;
  private long[] values;

  private int rows;
  private boolean started;
  private boolean ended;
  private boolean closed;
  private boolean rowByRow;
  private final Set<Key> seen = new HashSet<>();
  private long repeated;

  /** Whether reading row by row has given up; the rows that it found are returned before. */
  private boolean cut;

  /** A raw key that was read already; only used when rows are read one by one. */
  private record Key(ByteBuffer bytes) {}

  MapCursor(BpfMap map) throws BpfException {
    this(
        map,
        map.type() == BpfMap.LPM_TRIE ? MAX_ROWS_OF_TRIE : MAX_ROWS,
        map.type() == BpfMap.LPM_TRIE);
  }

  /**
   * @param maxRows limit of the rows in the first chunk
   * @param rowByRow whether to read without batches. Tries are read so: if the key at which a batch
   *     ended was deleted, the kernel begins the next batch at the first row again.
   */
  MapCursor(BpfMap map, int maxRows, boolean rowByRow) throws BpfException {
    String operation = "read map " + map.name();
    if (!map.readable() || map.valueSize() != Long.BYTES) {
      throw new BpfException(
          operation,
          Errno.EINVAL,
          "rows of 8-byte values are read, this is a %s of %s bytes"
              .formatted(map.typeName(), map.valueSize()));
    }
    try {
      this.cpus = map.valuesPerRow();
    } catch (IllegalStateException e) {
      throw new BpfException(operation, 0, String.valueOf(e.getMessage()));
    }
    this.map = map;
    this.keySize = map.keySize();
    this.maxEntries = Integer.toUnsignedLong(map.maxEntries());
    this.count = arena.allocate(ValueLayout.JAVA_INT);
    // The position is a u32 bucket for hashes and a key for tries; there is room for either.
    this.position = new KernelBuffer(arena, Math.max(keySize, 8));
    this.nextPosition = new KernelBuffer(arena, Math.max(keySize, 8));
    int rowBytes = keySize + cpus * Long.BYTES;
    int wanted = Math.min(maxRows, Math.max(CHUNK_BYTES / rowBytes, MIN_ROWS));
    this.capacity = Math.clamp(maxEntries, 1, wanted);
    this.rowByRow = rowByRow;
    this.nativeKeys = new KernelBuffer(chunkArena, (long) capacity * keySize);
    this.nativeValues = new KernelBuffer(chunkArena, (long) capacity * cpus * Long.BYTES);
    this.keys = new byte[capacity * keySize];
    this.values = new long[capacity * cpus];
    this.fd = map.duplicateFd(operation);
  }

  /**
   * Reads the next chunk; returns false at the end.
   *
   * @throws BpfException when the kernel refuses, or when rows that are read one by one change so
   *     fast that there are more than the map can hold, or that the end is never reached
   */
  public boolean next() throws BpfException {
    rows = 0;
    while (!ended && rows == 0) {
      if (cut) {
        throw new BpfException(
            "read of map " + map.name(),
            0,
            "its rows come and go faster than they can be read one by one: %s rows, %s of them again"
                .formatted(seen.size(), repeated));
      }
      if (rowByRow) {
        readRows();
      } else {
        readBatch();
      }
    }
    return rows > 0;
  }

  /** Number of rows of the chunk. */
  public int rows() {
    return rows;
  }

  /**
   * The chunk's keys end to end, {@link BpfMap#keySize} bytes each; overwritten by {@link #next}.
   */
  public byte[] keys() {
    return keys;
  }

  /** Number of values of a row: the number of possible CPUs for a per-CPU map, else 1. */
  public int cpus() {
    return cpus;
  }

  /** The chunk's values, {@link #cpus} for each row; overwritten by {@link #next}. */
  public long[] values() {
    return values;
  }

  /** Returns a row's value on one CPU. */
  public long value(int row, int cpu) {
    return values[row * cpus + cpu];
  }

  /** Returns a row's value, summed over the CPUs of a per-CPU map. */
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
        LOOKUP_BATCH.asInt(
            fd,
            started ? position.address() : 0,
            nextPosition.address(),
            nativeKeys.address(),
            nativeValues.address(),
            address(count),
            0);
    switch (-result) {
      case 0 -> takeBatch();
      case Errno.ENOENT -> {
        // The last rows come together with ENOENT.
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
    MemorySegment.copy(nativeKeys.memory(), ValueLayout.JAVA_BYTE, 0, keys, 0, rows * keySize);
    MemorySegment.copy(nativeValues.memory(), ValueLayout.JAVA_LONG, 0, values, 0, rows * cpus);
    step();
  }

  private void step() {
    assert nextPosition.isIntact() && nativeKeys.isIntact() && nativeValues.isIntact();
    started = true;
    KernelBuffer swap = position;
    position = nextPosition;
    nextPosition = swap;
  }

  /**
   * Doubles the chunk: a hash bucket has more rows than fit, and the kernel returns a bucket as a
   * whole or not at all.
   */
  @SuppressWarnings("MustBeClosed") // closed by close()
  private void grow() {
    capacity *= 2;
    chunkArena.close();
    chunkArena = Arena.ofConfined();
    nativeKeys = new KernelBuffer(chunkArena, (long) capacity * keySize);
    nativeValues = new KernelBuffer(chunkArena, (long) capacity * cpus * Long.BYTES);
    keys = new byte[capacity * keySize];
    values = new long[capacity * cpus];
  }

  private void readRows() throws BpfException {
    while (rows < capacity && !cut) {
      int result = GET_NEXT_KEY.asInt(fd, started ? position.address() : 0, nextPosition.address());
      if (result == -Errno.ENOENT) {
        ended = true;
        return;
      }
      if (result < 0) {
        throw map.failure("read", -result);
      }
      step();
      readRow();
      cut |= repeated > maxEntries + SPARE_STEPS;
    }
  }

  /** Reads the row whose key is {@code position}; it may have been removed since. */
  private void readRow() throws BpfException {
    int result = BpfMap.LOOKUP_ELEM.asInt(fd, position.address(), nativeValues.address());
    if (result == -Errno.ENOENT) {
      repeated++;
      return;
    }
    if (result < 0) {
      throw map.failure("read", -result);
    }
    MemorySegment.copy(position.memory(), ValueLayout.JAVA_BYTE, 0, keys, rows * keySize, keySize);
    // When the current key is deleted, the kernel starts at the first row again, so rows are
    // repeated.
    byte[] key = Arrays.copyOfRange(keys, rows * keySize, (rows + 1) * keySize);
    Key whole = new Key(ByteBuffer.wrap(key));
    if (seen.contains(whole)) {
      repeated++;
      return;
    }
    if (seen.size() >= maxEntries) {
      // The map never had that many at once, so some of them are gone.
      cut = true;
      return;
    }
    seen.add(whole);
    MemorySegment.copy(nativeValues.memory(), ValueLayout.JAVA_LONG, 0, values, rows * cpus, cpus);
    rows++;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      chunkArena.close();
      arena.close();
      Descriptors.close(fd);
    }
  }
}
