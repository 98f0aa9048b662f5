// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/** Writes lower-case hex. */
final class Hex {
  private static final byte[] DIGITS = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private Hex() {}

  /** Appends two digits for each byte. */
  static void appendBytes(byte[] in, int offset, int length, Bytes out) {
    int at = out.reserve(length * 2);
    byte[] array = out.array();
    for (int i = offset; i < offset + length; i++) {
      int value = in[i];
      array[at++] = DIGITS[value >> 4 & 0xf];
      array[at++] = DIGITS[value & 0xf];
    }
  }

  /** Appends an unsigned number, padded with zeros to at least {@code digits} digits. */
  static void appendNumber(long value, int digits, Bytes out) {
    int significant = (Long.SIZE - Long.numberOfLeadingZeros(value) + 3) / 4;
    int count = Math.max(significant, digits);
    int at = out.reserve(count);
    byte[] array = out.array();
    for (int digit = count - 1; digit >= 0; digit--) {
      array[at++] = DIGITS[(int) (value >>> (4 * digit)) & 0xf];
    }
  }
}
