// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A map's rows as a file of a BPF file system: an iterator (Linux 5.9) that runs when the file is
 * read. It needs no system call but {@code read}, no capability and no libbpf.
 */
final class RowFile {
  private static final String PROGRAM = "/bpf/map-rows.bpf.o";

  private RowFile() {}

  /**
   * Pins the file. The program and the map stay for as long as it is there or open.
   *
   * @param keyBytes 0 to leave the key out
   * @throws BpfException {@code EINVAL} for a map of a type that has no rows to iterate over
   */
  static void pin(int mapFd, int keyBytes, int valueBytes, Path path) throws BpfException {
    try (OpenBpfObject open = OpenBpfObject.open("map-rows", program(), null)) {
      if (!open.setGlobal("key_size", u64(keyBytes))
          || !open.setGlobal("value_size", u64(valueBytes))) {
        throw new IllegalStateException(PROGRAM + " has other globals");
      }
      try (BpfObject object = open.load();
          BpfLink link = object.programs().getFirst().attachToRows(mapFd);
          Arena arena = Arena.ofConfined()) {
        int result = link.pin(arena.allocateFrom(path.toString()));
        if (result < 0) {
          throw new BpfException("pin " + path, -result, "", "");
        }
      }
    }
  }

  /** {@code struct bpf_iter_attach_opts} for one map. */
  static MemorySegment attachOptions(Arena arena, int mapFd) {
    // union bpf_iter_link_info: 0 u32 map_fd
    MemorySegment info = arena.allocateFrom(ValueLayout.JAVA_INT, mapFd);
    // 0 size_t sz | 8 union bpf_iter_link_info *link_info | 16 u32 link_info_len
    MemorySegment options = arena.allocate(24, 8);
    options.set(ValueLayout.JAVA_LONG, 0, options.byteSize());
    options.set(ValueLayout.ADDRESS, 8, info);
    options.set(ValueLayout.JAVA_INT, 16, (int) info.byteSize());
    return options;
  }

  private static byte[] u64(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(value).array();
  }

  private static byte[] program() {
    try (InputStream in = RowFile.class.getResourceAsStream(PROGRAM)) {
      if (in == null) {
        throw new IllegalStateException(PROGRAM + " is missing from the jar: make build");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
