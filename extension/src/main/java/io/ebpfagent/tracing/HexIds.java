// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Ids in hex, as their bytes lie in memory: this is what an attach of a context costs most. */
final class HexIds {
  /** What 8 bytes of an id are in digits. */
  static final int DIGITS = 16;

  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /**
   * Where a string has its characters. To read them there costs a third of a copy of them. Null in
   * a JVM that has them elsewhere or doesn't let us.
   */
  private static final @Nullable VarHandle CHARACTERS = characters();

  private HexIds() {}

  private static @Nullable VarHandle characters() {
    try {
      JavaLang.open();
      VarHandle characters =
          MethodHandles.privateLookupIn(String.class, MethodHandles.lookup())
              .findVarHandle(String.class, "value", byte[].class);
      String known = "0123456789abcdef";
      byte[] found = (byte[]) characters.get(known);
      return Arrays.equals(found, known.getBytes(StandardCharsets.ISO_8859_1)) ? characters : null;
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      return null;
    }
  }

  /** Whether it need not copy; loads what the first attach would have to. */
  static boolean readsInPlace() {
    return CHARACTERS != null;
  }

  /**
   * The 8 bytes that 16 digits stand for, the first one lowest, as both of our machines have it.
   */
  static long bytes(String hex, int from) {
    if (CHARACTERS != null) {
      byte[] text = (byte[]) CHARACTERS.get(hex);
      // Else it has two bytes for each.
      if (text.length == hex.length()) {
        return bytes(text, from);
      }
    }
    return bytes(hex.substring(from, from + DIGITS).getBytes(StandardCharsets.ISO_8859_1), 0);
  }

  /** The same of a text of one byte a digit. */
  static long bytes(byte[] text, int from) {
    return fourBytes((long) EIGHT.get(text, from))
        | fourBytes((long) EIGHT.get(text, from + Long.BYTES)) << 32;
  }

  /** All eight digits at once. */
  private static long fourBytes(long digits) {
    long values = (digits & 0x0f0f0f0f0f0f0f0fL) + 9 * (digits >>> 6 & 0x0101010101010101L);
    // The first of two digits is the higher half of their byte. Long.compress would do the rest in
    // one instruction, which takes some CPUs longer than all else here.
    long bytes = (values << 4 | values >>> 8) & 0x00ff00ff00ff00ffL;
    bytes = (bytes | bytes >>> 8) & 0x0000ffff0000ffffL;
    return (bytes | bytes >>> 16) & 0xffffffffL;
  }
}
