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
 * The enums of a BTF file, which everyone may read: for those who have no libbpf. Each question
 * reads the file anew: questions are few, it is large.
 *
 * <pre>
 * struct btf_header   0 u16 magic   4 u32 header's size   8 u32 types' offset   12 u32 their size
 *                     16 u32 strings' offset   20 u32 their size
 * struct btf_type     0 u32 name's offset   4 u32 kind in bits 24-28, entries in 0-15   8 u32 size
 *                     12 the entries
 * </pre>
 *
 * Offsets count from the header's end; that of a name from the strings' beginning.
 */
record BtfFile(Path file) implements BtfEnums {
  static final Path KERNEL = Path.of("/sys/kernel/btf/vmlinux");

  private static final int MAGIC = 0xeb9f;
  private static final int TYPE_BYTES = 12;
  private static final int ENUM = 6;
  private static final int ENUM64 = 19;

  /** By kind: the bytes that follow a type. */
  private static final int[] FIXED = {0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0};

  /** By kind: the bytes that follow for each of its entries. */
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
      // No file, or none that this understands: names that are missing are shown as numbers.
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

  /** Entries: 0 u32 name's offset, 4 s32 value; or 4 u32 its low half, 8 u32 its high half. */
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
