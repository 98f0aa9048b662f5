// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/** Unsigned 64-bit numbers as the text that {@code uint} makes of them. */
final class Decimal {
  private static final int MOST_DIGITS = 20;
  private static final long LARGEST_TENTH = Long.divideUnsigned(-1, 10);

  private Decimal() {}

  /** The number that all of the bytes spell. */
  static long parse(byte[] in, int offset, int length) throws DecodeException {
    if (length == 0 || length > MOST_DIGITS) {
      throw new DecodeException("needs a decimal number");
    }
    long value = 0;
    for (int i = offset; i < offset + length; i++) {
      int digit = in[i] - '0';
      if (digit < 0 || digit > 9) {
        throw new DecodeException("needs a decimal number");
      }
      long next = value * 10 + digit;
      if (Long.compareUnsigned(value, LARGEST_TENTH) > 0 || Long.compareUnsigned(next, digit) < 0) {
        throw new DecodeException("needs a decimal number below 2^64");
      }
      value = next;
    }
    return value;
  }
}
