// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.linux.NativeFunction.address;

import io.ebpfagent.linux.Cpus;
import io.ebpfagent.linux.Descriptors;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.linux.NativeFunction;
import io.ebpfagent.linux.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * A map of an object. Its properties are always available, its rows while the object is loaded.
 * Thread-safe. A read after the object was closed fails with {@code EBADF}; a read that began
 * before still reads this map to its end.
 */
public final class BpfMap {
  // enum bpf_map_type of bpf.h
  public static final int HASH = 1;
  public static final int ARRAY = 2;
  public static final int PERF_EVENT_ARRAY = 4;
  public static final int PERCPU_HASH = 5;
  public static final int PERCPU_ARRAY = 6;
  public static final int LRU_HASH = 9;
  public static final int LRU_PERCPU_HASH = 10;
  public static final int LPM_TRIE = 11;
  public static final int RINGBUF = 27;
  public static final int CGRP_STORAGE = 32;

  private static final int BPF_F_NO_PREALLOC = 1;

  /**
   * What the kernel allocates for each hash bucket, in bytes; there are as many buckets as entries.
   */
  private static final int BUCKET_BYTES = 16;

  private static final Set<Integer> PER_CPU = Set.of(PERCPU_HASH, PERCPU_ARRAY, LRU_PERCPU_HASH);
  private static final Set<Integer> READABLE =
      Set.of(HASH, ARRAY, PERCPU_HASH, PERCPU_ARRAY, LRU_HASH, LRU_PERCPU_HASH, LPM_TRIE);

  // const char *bpf_map__name(const struct bpf_map *map)
  private static final NativeFunction NAME = Libbpf.function("bpf_map__name");
  // int bpf_map__fd(const struct bpf_map *map)
  private static final NativeFunction FD = Libbpf.function("bpf_map__fd");
  // enum bpf_map_type bpf_map__type(const struct bpf_map *map)
  private static final NativeFunction TYPE = Libbpf.function("bpf_map__type");
  // __u32 bpf_map__key_size(const struct bpf_map *map)
  private static final NativeFunction KEY_SIZE = Libbpf.function("bpf_map__key_size");
  // __u32 bpf_map__value_size(const struct bpf_map *map)
  private static final NativeFunction VALUE_SIZE = Libbpf.function("bpf_map__value_size");
  // __u32 bpf_map__max_entries(const struct bpf_map *map)
  private static final NativeFunction MAX_ENTRIES = Libbpf.function("bpf_map__max_entries");
  // int bpf_map__set_max_entries(struct bpf_map *map, __u32 max_entries)
  private static final NativeFunction SET_MAX_ENTRIES = Libbpf.function("bpf_map__set_max_entries");
  // __u32 bpf_map__map_flags(const struct bpf_map *map)
  private static final NativeFunction MAP_FLAGS = Libbpf.function("bpf_map__map_flags");
  // int bpf_map__reuse_fd(struct bpf_map *map, int fd)
  private static final NativeFunction REUSE_FD = Libbpf.function("bpf_map__reuse_fd");
  // int bpf_map__set_autocreate(struct bpf_map *map, bool autocreate)
  private static final NativeFunction SET_AUTOCREATE = Libbpf.function("bpf_map__set_autocreate");
  // const char *bpf_map__pin_path(const struct bpf_map *map)
  private static final NativeFunction PIN_PATH = Libbpf.function("bpf_map__pin_path");
  // void *bpf_map__initial_value(const struct bpf_map *map, size_t *psize)
  private static final NativeFunction INITIAL_VALUE = Libbpf.function("bpf_map__initial_value");
  // int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
  private static final NativeFunction UPDATE_ELEM = Libbpf.function("bpf_map_update_elem");
  // int bpf_map_lookup_elem(int fd, const void *key, void *value)
  static final NativeFunction LOOKUP_ELEM = Libbpf.function("bpf_map_lookup_elem");
  // int bpf_map_delete_elem(int fd, const void *key)
  private static final NativeFunction DELETE_ELEM = Libbpf.function("bpf_map_delete_elem");

  private final long pointer;
  private final String name;
  private final int type;
  private final int keySize;
  private final int valueSize;
  private volatile int maxEntries;
  private boolean open = true;

  BpfMap(long pointer) {
    this.pointer = pointer;
    this.name = NativeFunction.string(NAME.asLong(pointer));
    this.type = TYPE.asInt(pointer);
    this.keySize = KEY_SIZE.asInt(pointer);
    this.valueSize = VALUE_SIZE.asInt(pointer);
    this.maxEntries = MAX_ENTRIES.asInt(pointer);
  }

  public String name() {
    return name;
  }

  /** Returns the kernel's number of the map's type, such as {@link #HASH}. */
  public int type() {
    return type;
  }

  /** Returns the type's name in bpf.h, in lower case: {@code percpu_hash}. */
  public String typeName() {
    return switch (type) {
      case HASH -> "hash";
      case ARRAY -> "array";
      case PERF_EVENT_ARRAY -> "perf_event_array";
      case PERCPU_HASH -> "percpu_hash";
      case PERCPU_ARRAY -> "percpu_array";
      case LRU_HASH -> "lru_hash";
      case LRU_PERCPU_HASH -> "lru_percpu_hash";
      case LPM_TRIE -> "lpm_trie";
      case RINGBUF -> "ringbuf";
      case CGRP_STORAGE -> "cgrp_storage";
      default -> "type " + type;
    };
  }

  /** Size of a key in bytes. */
  public int keySize() {
    return keySize;
  }

  /** Size of a value in bytes, on each CPU. */
  public int valueSize() {
    return valueSize;
  }

  public int maxEntries() {
    return maxEntries;
  }

  /**
   * Returns approximately how many bytes the kernel allocates when it creates the map: the rows,
   * without pointers between them. Types that allocate each row on demand are counted without their
   * rows; a pinned map that exists already counts 0. Saturates at {@link Long#MAX_VALUE}.
   */
  public synchronized long memory() {
    long entries = Integer.toUnsignedLong(maxEntries);
    if (existsAlready() || type == LPM_TRIE) {
      return 0;
    }
    if (type == RINGBUF) {
      return entries;
    }
    if ((MAP_FLAGS.asInt(pointer()) & BPF_F_NO_PREALLOC) != 0) {
      return entries * BUCKET_BYTES;
    }
    long values = perCpu() ? cpusAtLeast() : 1;
    long row =
        Integer.toUnsignedLong(keySize)
            + values * Math.max(Long.BYTES, Integer.toUnsignedLong(valueSize));
    return Math.multiplyHigh(entries, row) != 0 ? Long.MAX_VALUE : entries * row;
  }

  /** Whether libbpf will reuse a map that another process has pinned at this map's pin path. */
  private boolean existsAlready() {
    String pin = NativeFunction.string(PIN_PATH.asLong(pointer()));
    return !pin.isEmpty() && Files.exists(Path.of(pin));
  }

  private static int cpusAtLeast() {
    try {
      return Cpus.possible();
    } catch (IllegalStateException e) {
      return 1;
    }
  }

  /**
   * Number of values of a row: the number of possible CPUs for a per-CPU map, else 1.
   *
   * @throws IllegalStateException for a per-CPU map when the number of CPUs is unknown
   */
  public int valuesPerRow() {
    return perCpu() ? PerCpuValues.count() : 1;
  }

  /**
   * Size in bytes of all values of a row. A per-CPU map has a value for each CPU, rounded up to 8
   * bytes.
   */
  public int rowValueBytes() {
    return perCpu() ? PerCpuValues.count() * (valueSize + 7 & -8) : valueSize;
  }

  /** Whether each CPU has a value of its own. */
  public boolean perCpu() {
    return PER_CPU.contains(type);
  }

  /** Whether the map's rows can be listed: true for hashes, arrays and tries. */
  public boolean readable() {
    return READABLE.contains(type);
  }

  /** Whether a new key can find the map full: true for a hash that doesn't evict. */
  public boolean canFill() {
    return type == HASH || type == PERCPU_HASH || type == LPM_TRIE;
  }

  boolean holdsGlobals() {
    return name.indexOf('.') >= 0;
  }

  /**
   * Returns the map's initial value, empty when it has none. The memory is valid as long as the
   * object.
   */
  MemorySegment initialValue() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
      long value = INITIAL_VALUE.asLong(pointer(), address(size));
      return MemorySegment.ofAddress(value)
          .reinterpret(value == 0 ? 0 : size.get(ValueLayout.JAVA_LONG, 0));
    }
  }

  /**
   * Sets the map's maximum number of entries; only before {@link OpenBpfObject#load}.
   *
   * @throws BpfException {@code EBUSY} when the object is loaded
   */
  public synchronized void setMaxEntries(int maxEntries) throws BpfException {
    check("set max_entries=" + maxEntries, SET_MAX_ENTRIES.asInt(pointer(), maxEntries));
    this.maxEntries = maxEntries;
  }

  /**
   * Lets the object use another's map in place of its own; before {@link OpenBpfObject#load} only.
   *
   * @throws BpfException when the other's object is closed
   */
  public synchronized void reuse(BpfMap other) throws BpfException {
    check("reuse", REUSE_FD.asInt(pointer(), other.fd()));
  }

  /**
   * Leaves the map out of the kernel; before {@link OpenBpfObject#load} only. Programs that would
   * still use it then don't load.
   */
  public synchronized void leaveOut() throws BpfException {
    check("leave out", SET_AUTOCREATE.asInt(pointer(), 0));
  }

  /**
   * Maps the values of an array that was made with BPF_F_MMAPABLE, to read and to write; for the
   * life of the JVM, even when the object is closed.
   *
   * @throws KernelException when it is no such array, or the object is not loaded
   */
  public synchronized MemorySegment memory(String operation) throws KernelException {
    long bytes = (long) maxEntries * (valueSize + 7 & -8);
    return NativeMemory.map(operation, fd(), 0, bytes, true, Arena.global());
  }

  /**
   * Starts to read all rows.
   *
   * @throws BpfException when the map can't be read
   */
  public MapCursor cursor() throws BpfException {
    return new MapCursor(this);
  }

  /**
   * Maps a ring buffer's pages, to read its records.
   *
   * @throws KernelException when the map is not a ring buffer, or the object is not loaded
   */
  public RingBuffer ringBuffer() throws KernelException {
    return RingBuffer.open(this);
  }

  /**
   * Opens buffers for the events of a perf event array.
   *
   * @param bytesPerCpu size of each online CPU's buffer: a power of two, at least a page; reduced
   *     when it is more than this process may lock
   * @throws KernelException when the map is not a perf event array, or the object is not loaded
   */
  public PerfBuffer perfBuffer(int bytesPerCpu) throws KernelException {
    return PerfBuffer.open(this, bytesPerCpu);
  }

  /**
   * Stores a row.
   *
   * @param key {@link #keySize} bytes
   * @param value {@link #valueSize} bytes; for a per-CPU map, one value of that size, rounded up to
   *     8 bytes, for each possible CPU
   */
  public synchronized void update(byte[] key, byte[] value) throws BpfException {
    checkSize("key", key, keySize);
    checkSize("value", value, rowValueBytes());
    try (Arena arena = Arena.ofConfined()) {
      check("update", update(fd(), segment(arena, key), segment(arena, value)));
    }
  }

  static int update(int fd, MemorySegment key, MemorySegment value) {
    return UPDATE_ELEM.asInt(fd, address(key), address(value), 0);
  }

  /**
   * Stores a cgroup's value in a cgroup storage; the kernel removes it with the cgroup.
   *
   * @param path the cgroup's directory
   * @throws BpfException {@code ENOENT} when there is no such cgroup
   */
  public synchronized void updateCgroup(String path, byte[] value) throws BpfException {
    checkSize("value", value, valueSize);
    int fd = fd();
    int cgroup = Descriptors.openDirectory(path);
    check("update of " + path, cgroup);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(ValueLayout.JAVA_INT, cgroup);
      check("update", update(fd, key, segment(arena, value)));
    } finally {
      Descriptors.close(cgroup);
    }
  }

  /** Whether a cgroup storage has a value for a cgroup; false when there is no such cgroup. */
  public synchronized boolean hasCgroup(String path) throws BpfException {
    int fd = fd();
    int cgroup = Descriptors.openDirectory(path);
    if (cgroup == -Errno.ENOENT) {
      return false;
    }
    check("look up of " + path, cgroup);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(ValueLayout.JAVA_INT, cgroup);
      KernelBuffer value = new KernelBuffer(arena, valueSize);
      int result = LOOKUP_ELEM.asInt(fd, address(key), value.address());
      if (result == -Errno.ENOENT) {
        return false;
      }
      check("look up", result);
      return true;
    } finally {
      Descriptors.close(cgroup);
    }
  }

  /**
   * Removes a row.
   *
   * @throws BpfException {@code ENOENT} when there is no such row
   */
  public synchronized void delete(byte[] key) throws BpfException {
    checkSize("key", key, keySize);
    try (Arena arena = Arena.ofConfined()) {
      check("delete", DELETE_ELEM.asInt(fd(), address(segment(arena, key))));
    }
  }

  /** Returns the map's file descriptor. It belongs to the object and must not be kept. */
  synchronized int fd() throws BpfException {
    if (!open) {
      throw new BpfException("read map " + name, Errno.EBADF, "its object is closed");
    }
    return FD.asInt(pointer);
  }

  /**
   * Returns a duplicate of the file descriptor, for the caller to close. After the object is
   * closed, its own descriptor's number may denote another file.
   */
  synchronized int duplicateFd(String operation) throws BpfException {
    return BpfException.check(operation, Descriptors.duplicate(fd()));
  }

  private synchronized long pointer() {
    if (!open) {
      throw new IllegalStateException("map " + name + ": its object is closed");
    }
    return pointer;
  }

  /**
   * Reads the final number of entries: on loading, libbpf sets it for some maps to the number of
   * CPUs or to whole pages.
   */
  void loaded() {
    maxEntries = MAX_ENTRIES.asInt(pointer);
  }

  /** Marks the map as closed, after waiting for operations in progress. */
  synchronized void closed() {
    open = false;
  }

  BpfException failure(String operation, int errno) {
    return new BpfException(operation + " of map " + name, errno, "");
  }

  private void check(String operation, int result) throws BpfException {
    if (result < 0) {
      throw failure(operation, -result);
    }
  }

  /**
   * The kernel always reads as many bytes as the map's size, and would read beyond a shorter array.
   */
  private void checkSize(String what, byte[] bytes, int size) {
    if (bytes.length != size) {
      throw new IllegalArgumentException(
          "map %s takes a %s of %s bytes, not %s".formatted(name, what, size, bytes.length));
    }
  }

  private static MemorySegment segment(Arena arena, byte[] bytes) {
    return arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
  }
}
