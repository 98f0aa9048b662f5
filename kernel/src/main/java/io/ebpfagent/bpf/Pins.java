// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.linux.NativeFunction.address;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.ebpfagent.linux.Descriptors;
import io.ebpfagent.linux.NativeFunction;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Maps with names in a BPF file system, by which other processes find them, and their rows as files
 * there. A row file is an iterator (Linux 5.9) that runs when it is read: that takes no system call
 * but {@code read}, no capability and no libbpf. A name's permissions say who may open it; it is
 * removed like a file.
 */
public final class Pins {
  private static final String ITERATOR = "/bpf/map-rows.bpf.o";

  // int bpf_obj_pin(int fd, const char *pathname)
  private static final NativeFunction OBJ_PIN = Libbpf.function("bpf_obj_pin");
  // int bpf_map_create(enum bpf_map_type map_type, const char *map_name, __u32 key_size, __u32
  // value_size, __u32 max_entries, const struct bpf_map_create_opts *opts)
  private static final NativeFunction MAP_CREATE = Libbpf.function("bpf_map_create");

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
    pinRows(map.fd(), map.keySize(), map.rowValueBytes(), path);
  }

  /** Keeps a text under a name: in a map, as a BPF file system has no files. */
  public static void pinText(String text, Path path) throws BpfException {
    int map = textMap(text);
    try {
      pin(map, path);
    } finally {
      Descriptors.close(map);
    }
  }

  /**
   * Gives a text a file.
   *
   * @throws BpfException when the kernel has no iterators
   */
  public static void pinTextFile(String text, Path path) throws BpfException {
    int map = textMap(text);
    try {
      pinRows(map, 0, text.getBytes(UTF_8).length, path);
    } finally {
      Descriptors.close(map);
    }
  }

  /** A map of one row, whose value is a text: its descriptor. */
  private static int textMap(String text) throws BpfException {
    byte[] bytes = text.getBytes(UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      int map =
          BpfException.check(
              "create a map for a text",
              MAP_CREATE.asInt(
                  BpfMap.ARRAY,
                  address(arena.allocateFrom("text")),
                  Integer.BYTES,
                  bytes.length,
                  1,
                  0));
      int result =
          BpfMap.update(
              map,
              arena.allocateFrom(ValueLayout.JAVA_INT, 0),
              arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
      if (result < 0) {
        Descriptors.close(map);
      }
      BpfException.check("fill a map with a text", result);
      return map;
    }
  }

  private static void pin(int fd, Path path) throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      BpfException.check(
          "pin " + path, OBJ_PIN.asInt(fd, address(arena.allocateFrom(path.toString()))));
    }
  }

  /**
   * The program and the map stay for as long as the file is there or open.
   *
   * @param keyBytes 0 to leave the key out
   */
  private static void pinRows(int mapFd, int keyBytes, int valueBytes, Path path)
      throws BpfException {
    try (OpenBpfObject open = OpenBpfObject.open("map-rows", iterator(), null, Log.NONE)) {
      if (!open.setGlobal("key_size", u64(keyBytes))
          || !open.setGlobal("value_size", u64(valueBytes))) {
        throw new IllegalStateException(ITERATOR + " has other globals");
      }
      try (BpfObject object = open.load();
          BpfLink link = object.programs().get(0).attachToRows(mapFd)) {
        link.pin(path);
      }
    }
  }

  private static byte[] u64(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(value).array();
  }

  private static byte[] iterator() {
    try (InputStream in = Pins.class.getResourceAsStream(ITERATOR)) {
      if (in == null) {
        throw new IllegalStateException(ITERATOR + " is missing from the jar: make build");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
