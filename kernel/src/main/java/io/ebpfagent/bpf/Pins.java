// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;

/**
 * Maps with names in a BPF file system, by which other processes find them. A name's permissions
 * say who may open the map, and how; it is removed like a file.
 */
public final class Pins {
  /** Open for reading only: what a file's mode of 0444 allows anyone. */
  private static final int BPF_F_RDONLY = 8;

  // struct bpf_map_info of bpf.h, up to max_entries
  private static final int INFO_BYTES = 24;

  private static final byte[] FIRST = new byte[Integer.BYTES];

  private Pins() {}

  /**
   * Gives a map a name, which only its owner may open at first.
   *
   * @throws BpfException {@code EEXIST} when there is such a name
   */
  public static void pin(BpfMap map, Path path) throws BpfException {
    pin(map.fd(), path);
  }

  /**
   * Gives a map's rows a file: of each its key and its value, of a per-CPU map one value a CPU,
   * each rounded up to 8 bytes.
   *
   * @throws BpfException when the kernel has no iterator for such a map
   */
  public static void pinRows(BpfMap map, Path path) throws BpfException {
    RowFile.pin(map.fd(), map.keySize(), map.rowValueBytes(), path);
  }

  /**
   * Opens a map by its name, to read it; needs no capability on kernels since 5.19.
   *
   * @return a map to be closed with {@link BpfObject#ofMaps}
   */
  public static BpfMap open(Path path) throws BpfException {
    String operation = "open " + path;
    try (Arena arena = Arena.ofConfined()) {
      // struct bpf_obj_get_opts: 0 size_t sz | 8 u32 file_flags | 12 int path_fd
      MemorySegment opts = arena.allocate(16, 8);
      opts.set(ValueLayout.JAVA_LONG, 0, 16);
      opts.set(ValueLayout.JAVA_INT, 8, BPF_F_RDONLY);
      int fd = Libbpf.Pins.get(arena.allocateFrom(path.toString()), opts);
      if (fd < 0) {
        throw failure(operation, -fd, openHint(-fd));
      }
      MemorySegment info = arena.allocate(INFO_BYTES, 8);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, INFO_BYTES);
      int result = Libbpf.Pins.mapInfo(fd, info, length);
      if (result < 0) {
        Libc.Descriptors.close(fd);
        throw failure(operation, -result, "not a map");
      }
      return new BpfMap(path.getFileName().toString(), fd, info);
    }
  }

  private static String openHint(int errno) {
    return switch (errno) {
      case Errno.EACCES -> "its owner does not let this user read it";
      case Errno.EPERM -> "kernels before 5.19 want CAP_BPF for it";
      default -> "";
    };
  }

  /** Keeps a text under a name: in a map, as a BPF file system has no files. */
  public static void pinText(String text, Path path) throws BpfException {
    byte[] bytes = text.getBytes(UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      int fd =
          check(
              "create a map for " + path,
              Libbpf.Pins.createArray(arena.allocateFrom("text"), bytes.length));
      try {
        MemorySegment key = arena.allocateFrom(ValueLayout.JAVA_BYTE, FIRST);
        check("fill " + path, Libbpf.Syscalls.update(fd, key, value));
        pin(fd, path);
      } finally {
        Libc.Descriptors.close(fd);
      }
    }
  }

  /**
   * Gives a text kept by {@link #pinText} a file.
   *
   * @throws BpfException when the kernel has no iterators
   */
  public static void pinTextFile(Path text, Path path) throws BpfException {
    BpfMap map = open(text);
    try (BpfObject closing = BpfObject.ofMaps(text.toString(), List.of(map))) {
      RowFile.pin(closing.maps().getFirst().fd(), 0, map.valueSize(), path);
    }
  }

  /** Reads a text kept by {@link #pinText}. */
  public static String text(Path path) throws BpfException {
    BpfMap map = open(path);
    try (BpfObject closing = BpfObject.ofMaps(path.toString(), List.of(map));
        Arena arena = Arena.ofConfined()) {
      if (map.type() != BpfMap.ARRAY || map.keySize() != FIRST.length) {
        throw failure("read " + closing.name(), 0, "not a text: " + map.typeName());
      }
      MemorySegment key = arena.allocateFrom(ValueLayout.JAVA_BYTE, FIRST);
      // The kernel writes values rounded up to 8 bytes.
      MemorySegment value = arena.allocate(map.valueSize() + 7L & -8L, 8);
      check("read " + path, Libbpf.Syscalls.lookup(map.fd(), key, value));
      return new String(value.asSlice(0, map.valueSize()).toArray(ValueLayout.JAVA_BYTE), UTF_8);
    }
  }

  private static void pin(int fd, Path path) throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      check("pin " + path, Libbpf.Pins.pin(fd, arena.allocateFrom(path.toString())));
    }
  }

  private static int check(String operation, int result) throws BpfException {
    if (result < 0) {
      throw failure(operation, -result, "");
    }
    return result;
  }

  private static BpfException failure(String operation, int errno, String hint) {
    return new BpfException(operation, errno, hint, "");
  }
}
