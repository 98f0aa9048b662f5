// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads enums from a BTF file, which any user may read, in processes without libbpf. Each call
 * reads the whole file again: calls are rare, and the file is too large to keep.
 *
 * <pre>
 * struct btf_header   0 u16 magic   4 u32 header's size   8 u32 types' offset   12 u32 their size
 *                     16 u32 strings' offset   20 u32 their size
 * struct btf_type     0 u32 name's offset   4 u32 kind in bits 24-28, entries in 0-15   8 u32 size
 *                     12 the entries
 * </pre>
 *
 * Offsets count from the header's end; a name's offset counts from the beginning of the strings.
 */
record BtfFile(Path file) implements BtfEnums {
  static final Path KERNEL = Path.of("/sys/kernel/btf/vmlinux");

  private static final int MAGIC = 0xeb9f;
  private static final int TYPE_BYTES = 12;
  private static final int ENUM = 6;
  private static final int ENUM64 = 19;

  /** Number of bytes that follow a type, by kind. */
  private static final int[] FIXED = {0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0};

  /** Number of bytes that follow for each entry of a type, by kind. */
  private static final int[] EACH = {
    0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12
  };

  @Override
  public Map<Long, String> enumerators(String enumName) {
    Map<Long, String> names = new LinkedHashMap<>();
    try {
      ByteBuffer btf = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
      read(btf, enumName, names);
    } catch (IOException | IndexOutOfBoundsException e) {
      // There is no file, or its format is unknown. Values without a name are shown as numbers.
      names.clear();
    }
    return names;
  }

  private static void read(ByteBuffer btf, String enumName, Map<Long, String> into) {
    if (Short.toUnsignedInt(btf.getShort(0)) != MAGIC) {
      return;
    }
    int header = btf.getInt(4);
    int at = header + btf.getInt(8);
    int end = at + btf.getInt(12);
    int strings = header + btf.getInt(16);
    byte[] wanted = (enumName + "\0").getBytes(UTF_8);
    while (at < end) {
      int info = btf.getInt(at + 4);
      int kind = (info >> 24) & 0x1f;
      int entries = info & 0xffff;
      if ((kind == ENUM || kind == ENUM64) && isAt(btf, strings + btf.getInt(at), wanted)) {
        readEnum(btf, at + TYPE_BYTES, entries, kind, strings, into);
      }
      at += TYPE_BYTES + FIXED[kind] + entries * EACH[kind];
    }
  }

  /**
   * Reads the entries. ENUM: 0 u32 name's offset, 4 s32 value; ENUM64: 0 u32 name's offset, 4 u32
   * lower half, 8 u32 upper half of the value.
   */
  private static void readEnum(
      ByteBuffer btf, int from, int entries, int kind, int strings, Map<Long, String> into) {
    for (int i = 0; i < entries; i++) {
      int at = from + i * EACH[kind];
      long value = btf.getInt(at + 4);
      if (kind == ENUM64) {
        value = (value & 0xffff_ffffL) | ((long) btf.getInt(at + 8) << 32);
      }
      into.putIfAbsent(value, text(btf, strings + btf.getInt(at)));
    }
  }

  private static boolean isAt(ByteBuffer btf, int at, byte[] text) {
    return btf.slice(at, text.length).equals(ByteBuffer.wrap(text));
  }

  private static String text(ByteBuffer btf, int from) {
    int end = from;
    while (btf.get(end) != 0) {
      end++;
    }
    return UTF_8.decode(btf.slice(from, end - from)).toString();
  }
}
