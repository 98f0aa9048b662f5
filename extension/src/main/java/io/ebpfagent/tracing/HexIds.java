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
   * An id's digits, a byte for each; null if it has another number of them.
   *
   * @return maybe the string's own: only to read
   */
  static byte @Nullable [] digits(String id, int count) {
    if (id.length() != count) {
      return null;
    }
    if (CHARACTERS != null) {
      byte[] characters = (byte[]) CHARACTERS.get(id);
      // Else it has two bytes for each.
      if (characters.length == count) {
        return characters;
      }
    }
    return id.getBytes(StandardCharsets.ISO_8859_1);
  }

  /**
   * The 8 bytes that 16 digits stand for, the first one lowest, as both of our machines have it.
   */
  static long bytes(byte[] digits, int from) {
    long first = (long) EIGHT.get(digits, from);
    long last = (long) EIGHT.get(digits, from + Long.BYTES);
    // A digit's value is in its lower half; a letter, which alone has bit 6, is 9 more. The first
    // eight become the higher halves of bytes, the last eight the lower ones: 0-8 1-9 2-a 3-b ...
    long lower = (first & 0x0f0f0f0f0f0f0f0fL) << 4 | (last & 0x0f0f0f0f0f0f0f0fL);
    long letters = (first >>> 2 & 0x1010101010101010L) | (last >>> 6 & 0x0101010101010101L);
    long values = lower + 9 * letters;
    values = swap(values, 12, 0x000f000f000f000fL); // 0-1 8-9 2-3 a-b ...
    values = swap(values, 8, 0x0000ff000000ff00L); // 0-1 2-3 8-9 a-b ...
    return swap(values, 16, 0x00000000ffff0000L); // 0-1 2-3 4-5 6-7 8-9 ...
  }

  /** Each bit of the mask changes places with the one that is so far above it. */
  private static long swap(long bits, int distance, long mask) {
    long differ = (bits >>> distance ^ bits) & mask;
    return bits ^ differ ^ differ << distance;
  }
}
