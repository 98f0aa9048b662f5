// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A map that another process has open, read and written by system calls of the test's own: numbers
 * of 8 bytes, by key.
 */
final class KernelMap implements AutoCloseable {
  private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");
  private static final long BPF = ARM ? 280 : 321;
  private static final long CLOSE = ARM ? 57 : 3;

  // enum bpf_cmd of linux/bpf.h
  private static final int LOOKUP_ELEM = 1;
  private static final int UPDATE_ELEM = 2;
  private static final int GET_NEXT_KEY = 4;
  private static final int GET_FD_BY_ID = 14;
  private static final int OBJ_GET_INFO_BY_FD = 15;

  private static final int ATTRIBUTES_SIZE = 64;
  private static final int INFO_SIZE = 64;
  private static final int INFO_KEY_SIZE = 8;
  private static final int INFO_NAME = 24;

  private static final MethodHandle SYSCALL =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
              // long syscall(long number, ...)
              FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
              Linker.Option.firstVariadicArg(1));

  private final long fd;
  private final int keySize;
  private final String name;

  private KernelMap(long fd) {
    this.fd = fd;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(INFO_SIZE, Long.BYTES);
      MemorySegment attributes = arena.allocate(ATTRIBUTES_SIZE, Long.BYTES);
      attributes.set(JAVA_INT, 0, (int) fd);
      attributes.set(JAVA_INT, 4, INFO_SIZE);
      attributes.set(JAVA_LONG, 8, info.address());
      demand(OBJ_GET_INFO_BY_FD, attributes);
      keySize = info.get(JAVA_INT, INFO_KEY_SIZE);
      name = info.getString(INFO_NAME);
    }
  }

  /** The map of this name, of which the kernel knows 15 characters, that a process has open. */
  static KernelMap of(long pid, String name) throws IOException {
    Path infos = Path.of("/proc", Long.toString(pid), "fdinfo");
    try (Stream<Path> files = Files.list(infos)) {
      for (Path file : files.toList()) {
        for (String line : lines(file)) {
          if (line.startsWith("map_id:")) {
            KernelMap map = byId(Integer.parseInt(line.substring("map_id:".length()).strip()));
            if (map.name.equals(name.substring(0, Math.min(name.length(), 15)))) {
              return map;
            }
            map.close();
          }
        }
      }
    }
    throw new AssertionError("process " + pid + " has no map " + name);
  }

  private static List<String> lines(Path file) throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      // Closed meanwhile.
      return List.of();
    }
  }

  private static KernelMap byId(int id) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(ATTRIBUTES_SIZE, Long.BYTES);
      attributes.set(JAVA_INT, 0, id);
      return new KernelMap(demand(GET_FD_BY_ID, attributes));
    }
  }

  void put(byte[] key, long value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment number = arena.allocate(JAVA_LONG);
      number.set(JAVA_LONG, 0, value);
      demand(UPDATE_ELEM, element(arena, arena.allocateFrom(JAVA_BYTE, key), number));
    }
  }

  /** All rows, by key; for maps that lose none meanwhile. */
  Map<ByteBuffer, Long> rows() {
    Map<ByteBuffer, Long> rows = new HashMap<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment before = MemorySegment.NULL;
      MemorySegment key = arena.allocate(keySize);
      MemorySegment value = arena.allocate(JAVA_LONG);
      while (call(GET_NEXT_KEY, element(arena, before, key)) == 0) {
        demand(LOOKUP_ELEM, element(arena, key, value));
        rows.put(ByteBuffer.wrap(key.toArray(JAVA_BYTE)), value.get(JAVA_LONG, 0));
        before = arena.allocate(keySize).copyFrom(key);
      }
    }
    return rows;
  }

  private MemorySegment element(Arena arena, MemorySegment key, MemorySegment value) {
    MemorySegment attributes = arena.allocate(ATTRIBUTES_SIZE, Long.BYTES);
    attributes.set(JAVA_INT, 0, (int) fd);
    attributes.set(JAVA_LONG, 8, key.address());
    attributes.set(JAVA_LONG, 16, value.address());
    return attributes;
  }

  private static long demand(int command, MemorySegment attributes) {
    long result = call(command, attributes);
    if (result < 0) {
      throw new AssertionError("bpf command " + command + " failed");
    }
    return result;
  }

  private static long call(int command, MemorySegment attributes) {
    return syscall(BPF, command, attributes.address(), attributes.byteSize());
  }

  private static long syscall(long number, long first, long second, long third) {
    try {
      return (long) SYSCALL.invokeExact(number, first, second, third);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    syscall(CLOSE, fd, 0, 0);
  }
}
