// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.linux.Cpus;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.linux.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;

/**
 * A map of an object: its shape at any time, its rows while the object is loaded. Reading is safe
 * from many threads; a read after the object was closed fails with {@code EBADF}.
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

  private static final Set<Integer> PER_CPU = Set.of(PERCPU_HASH, PERCPU_ARRAY, LRU_PERCPU_HASH);
  private static final Set<Integer> READABLE =
      Set.of(HASH, ARRAY, PERCPU_HASH, PERCPU_ARRAY, LRU_HASH, LRU_PERCPU_HASH, LPM_TRIE);

  private static final int NO_FD = -1;

  private final MemorySegment pointer;
  private final int ownFd;
  private final int ownMaxEntries;
  private final String name;
  private final int type;
  private final int keySize;
  private final int valueSize;
  private volatile boolean open = true;

  BpfMap(MemorySegment pointer) {
    this.pointer = pointer;
    this.ownFd = NO_FD;
    this.ownMaxEntries = 0;
    this.name = Libbpf.Maps.name(pointer);
    this.type = Libbpf.Maps.type(pointer);
    this.keySize = Libbpf.Maps.keySize(pointer);
    this.valueSize = Libbpf.Maps.valueSize(pointer);
  }

  /**
   * A map that was opened by itself, without an object.
   *
   * @param fd its descriptor, closed with the map
   * @param info {@code struct bpf_map_info}
   */
  BpfMap(String name, int fd, MemorySegment info) {
    this.pointer = MemorySegment.NULL;
    this.ownFd = fd;
    this.name = name;
    // 0 u32 type | 4 u32 id | 8 u32 key_size | 12 u32 value_size | 16 u32 max_entries
    this.type = info.get(Libbpf.U32, 0);
    this.keySize = info.get(Libbpf.U32, 8);
    this.valueSize = info.get(Libbpf.U32, 12);
    this.ownMaxEntries = info.get(Libbpf.U32, 16);
  }

  public String name() {
    return name;
  }

  /** The kernel's number of the map's type, such as {@link #HASH}. */
  public int type() {
    return type;
  }

  /** The type as bpf.h names it, in lower case: {@code percpu_hash}. */
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

  /** A key's bytes. */
  public int keySize() {
    return keySize;
  }

  /** A value's bytes, on each CPU. */
  public int valueSize() {
    return valueSize;
  }

  public int maxEntries() {
    return ownFd == NO_FD ? Libbpf.Maps.maxEntries(pointer()) : ownMaxEntries;
  }

  /**
   * About how many bytes of memory the kernel takes for the map: its rows, without what links them.
   * Saturates at {@link Long#MAX_VALUE}.
   */
  public long memory() {
    long entries = Integer.toUnsignedLong(maxEntries());
    if (type == RINGBUF) {
      return entries;
    }
    long values = perCpu() ? Cpus.possible() : 1;
    long row =
        Integer.toUnsignedLong(keySize)
            + values * Math.max(Long.BYTES, Integer.toUnsignedLong(valueSize));
    return Math.multiplyHigh(entries, row) != 0 ? Long.MAX_VALUE : entries * row;
  }

  /** How many values a row has: the possible CPUs of a per-CPU map, else 1. */
  public int valuesPerRow() {
    return perCpu() ? Cpus.possible() : 1;
  }

  /** The size of all values of a row: of a per-CPU map one a CPU, each rounded up to 8 bytes. */
  int rowValueBytes() {
    return perCpu() ? Cpus.possible() * (valueSize + 7 & -8) : valueSize;
  }

  /** Whether each CPU has a value of its own. */
  public boolean perCpu() {
    return PER_CPU.contains(type);
  }

  /** Whether the map's rows can be listed: hashes, arrays and tries. */
  public boolean readable() {
    return READABLE.contains(type);
  }

  /** Whether a new key can find the map full: a hash that doesn't evict. */
  public boolean canFill() {
    return type == HASH || type == PERCPU_HASH || type == LPM_TRIE;
  }

  boolean holdsGlobals() {
    return name.indexOf('.') >= 0;
  }

  /**
   * Sets how many entries the map will have; before {@link OpenBpfObject#load} only.
   *
   * @throws BpfException {@code EBUSY} when the object is loaded
   */
  public void setMaxEntries(int maxEntries) throws BpfException {
    check("set max_entries=" + maxEntries, Libbpf.Maps.setMaxEntries(pointer(), maxEntries));
  }

  /** Starts to read all rows. */
  public MapCursor cursor() throws BpfException {
    return new MapCursor(this);
  }

  /**
   * Maps a ring buffer's pages, to read its records.
   *
   * @throws KernelException when it is no ring buffer, or the object is not loaded
   */
  public RingBuffer ringBuffer() throws KernelException {
    return RingBuffer.open(this);
  }

  /**
   * Takes the events of a perf event array, from now on.
   *
   * @param bytesPerCpu how much each online CPU's events have room in: a power of two, at least a
   *     page; less where that is more than this process may lock
   * @throws KernelException when it is no perf event array, or the object is not loaded
   */
  public PerfBuffer perfBuffer(int bytesPerCpu) throws KernelException {
    return PerfBuffer.open(this, bytesPerCpu);
  }

  /**
   * Stores a row.
   *
   * @param key {@link #keySize} bytes
   * @param value {@link #valueSize} bytes; for a per-CPU map that many, rounded up to 8, for every
   *     possible CPU
   */
  public void update(byte[] key, byte[] value) throws BpfException {
    checkSize("key", key, keySize);
    checkSize("value", value, rowValueBytes());
    try (Arena arena = Arena.ofConfined()) {
      check("update", Libbpf.Syscalls.update(fd(), segment(arena, key), segment(arena, value)));
    }
  }

  /**
   * Stores a cgroup's value in a cgroup storage; it goes away with the cgroup.
   *
   * @param path the cgroup's directory
   * @throws BpfException {@code ENOENT} when there is no such cgroup
   */
  public void updateCgroup(String path, byte[] value) throws BpfException {
    int cgroup = openCgroup("update", path);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(ValueLayout.JAVA_INT, cgroup);
      check("update", Libbpf.Syscalls.update(fd(), key, segment(arena, value)));
    } finally {
      Libc.Descriptors.close(cgroup);
    }
  }

  /** Whether a cgroup storage has a value for a cgroup; false when there is no such cgroup. */
  public boolean hasCgroup(String path) throws BpfException {
    int cgroup;
    try {
      cgroup = openCgroup("look up", path);
    } catch (BpfException e) {
      if (e.errno() == Errno.ENOENT) {
        return false;
      }
      throw e;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(ValueLayout.JAVA_INT, cgroup);
      int result = Libbpf.Syscalls.lookup(fd(), key, arena.allocate(valueSize, 8));
      if (result != -Errno.ENOENT) {
        check("look up", result);
      }
      return result == 0;
    } finally {
      Libc.Descriptors.close(cgroup);
    }
  }

  private int openCgroup(String operation, String path) throws BpfException {
    int cgroup = Libc.Directories.open(path);
    if (cgroup < 0) {
      throw failure(operation + " of " + path, -cgroup);
    }
    return cgroup;
  }

  /** Removes a row; {@code ENOENT} when there is none. */
  public void delete(byte[] key) throws BpfException {
    checkSize("key", key, keySize);
    try (Arena arena = Arena.ofConfined()) {
      check("delete", Libbpf.Syscalls.delete(fd(), segment(arena, key)));
    }
  }

  /** The kernel's file descriptor. */
  int fd() throws BpfException {
    if (!open) {
      throw new BpfException("read map " + name, 9, "its object is closed", "");
    }
    return ownFd == NO_FD ? Libbpf.Maps.fd(pointer) : ownFd;
  }

  MemorySegment pointer() {
    if (!open) {
      throw new IllegalStateException("map " + name + ": its object is closed");
    }
    if (ownFd != NO_FD) {
      throw new IllegalStateException("map " + name + " has no object");
    }
    return pointer;
  }

  void closed() {
    if (open && ownFd != NO_FD) {
      Libc.Descriptors.close(ownFd);
    }
    open = false;
  }

  BpfException failure(String operation, int errno) {
    return new BpfException(operation + " of map " + name, errno, "", "");
  }

  private void check(String operation, int result) throws BpfException {
    if (result < 0) {
      throw failure(operation, -result);
    }
  }

  /** The kernel takes as many bytes as it wants, and would read on behind fewer. */
  private void checkSize(String what, byte[] bytes, int size) {
    if (bytes.length != size) {
      throw new IllegalArgumentException(
          "map %s takes a %s of %d bytes, not %d".formatted(name, what, size, bytes.length));
    }
  }

  private static MemorySegment segment(Arena arena, byte[] bytes) {
    return arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
  }
}
