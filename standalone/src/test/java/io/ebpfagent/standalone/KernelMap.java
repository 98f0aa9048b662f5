// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A map of a program that another process loaded, in which a test sets what is traced. */
final class KernelMap implements AutoCloseable {
  // enum bpf_cmd of linux/bpf.h
  private static final int UPDATE_ELEM = 2;
  private static final int GET_NEXT_ID = 12;
  private static final int GET_FD_BY_ID = 14;
  private static final int OBJ_GET_INFO_BY_FD = 15;

  private static final int ATTRIBUTES_SIZE = 64;
  private static final int INFO_SIZE = 64;
  private static final int INFO_NAME = 24;

  private final long fd;

  private KernelMap(long fd) {
    this.fd = fd;
  }

  /** Returns the map of this name, of which the kernel knows 15 characters; it must exist. */
  static KernelMap named(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(ATTRIBUTES_SIZE, Long.BYTES);
      while (bpf(GET_NEXT_ID, attributes) >= 0) {
        int id = attributes.get(JAVA_INT, 4);
        MemorySegment which = arena.allocate(ATTRIBUTES_SIZE, Long.BYTES);
        which.set(JAVA_INT, 0, id);
        long fd = bpf(GET_FD_BY_ID, which);
        // Other maps may be closed in the meantime.
        if (fd >= 0) {
          KernelMap map = new KernelMap(fd);
          if (map.name(arena).equals(name)) {
            return map;
          }
          map.close();
        }
        attributes.set(JAVA_INT, 0, id);
      }
    }
    throw new AssertionError("no map " + name);
  }

  private String name(Arena arena) {
    MemorySegment info = arena.allocate(INFO_SIZE, Long.BYTES);
    MemorySegment attributes = arena.allocate(ATTRIBUTES_SIZE, Long.BYTES);
    attributes.set(JAVA_INT, 0, (int) fd);
    attributes.set(JAVA_INT, 4, INFO_SIZE);
    attributes.set(JAVA_LONG, 8, info.address());
    Syscall.BPF.demand(OBJ_GET_INFO_BY_FD, attributes.address(), attributes.byteSize());
    return info.getString(INFO_NAME);
  }

  void put(byte[] key, byte[] value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(ATTRIBUTES_SIZE, Long.BYTES);
      attributes.set(JAVA_INT, 0, (int) fd);
      attributes.set(JAVA_LONG, 8, arena.allocateFrom(JAVA_BYTE, key).address());
      attributes.set(JAVA_LONG, 16, arena.allocateFrom(JAVA_BYTE, value).address());
      Syscall.BPF.demand(UPDATE_ELEM, attributes.address(), attributes.byteSize());
    }
  }

  private static long bpf(int command, MemorySegment attributes) {
    return Syscall.BPF.call(command, attributes.address(), attributes.byteSize());
  }

  @Override
  public void close() {
    Syscall.CLOSE.demand(fd);
  }
}
