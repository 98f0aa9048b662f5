// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Ids in hex, as their bytes lie in memory: this is what an attach of a context costs most. */
final class HexIds {
  /** What 8 bytes of an id are in digits. */
  static final int DIGITS = 16;

  private static final VarHandle EIGHT =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private HexIds() {}

  /**
   * The 8 bytes that 16 digits stand for, the first one lowest, as both of our machines have it.
   *
   * @param buffer of at least 16 bytes, to work in
   */
  @SuppressWarnings("deprecation") // the one way to the text's bytes that makes no copy to be freed
  static long bytes(String hex, int from, byte[] buffer) {
    hex.getBytes(from, from + DIGITS, buffer, 0);
    return fourBytes((long) EIGHT.get(buffer, 0)) | fourBytes((long) EIGHT.get(buffer, 8)) << 32;
  }

  /** All eight digits at once. */
  private static long fourBytes(long digits) {
    long values = (digits & 0x0f0f0f0f0f0f0f0fL) + 9 * (digits >>> 6 & 0x0101010101010101L);
    // The first of two digits is the higher half of their byte.
    return Long.compress(values << 4 | values >>> 8, 0x00ff00ff00ff00ffL);
  }
}
