// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/** Unsigned decimal numbers, as the decoder {@code uint} writes them. */
public final class Decimal {
  /** Result for text that is not a number. */
  public static final long NONE = -1;

  /**
   * Upper limit of the results of {@link #bounded}: a few of them can be added without an overflow.
   */
  public static final long MOST = 1_000_000_000_000_000_000L;

  private static final int BOUNDED_DIGITS = 18;
  private static final int MOST_DIGITS = 20;
  private static final long LARGEST_TENTH = Long.divideUnsigned(-1, 10);

  private Decimal() {}

  /**
   * Parses {@code in[start, end)} as a decimal number, limited to {@link #MOST}; returns {@link
   * #NONE} when it is not a number.
   */
  public static long bounded(byte[] in, int start, int end) {
    if (end <= start) {
      return NONE;
    }
    long value = 0;
    for (int i = start; i < end; i++) {
      int digit = in[i] - '0';
      if (digit < 0 || digit > 9) {
        return NONE;
      }
      value = value < MOST / 10 ? value * 10 + digit : MOST;
    }
    return value;
  }

  /** Parses all of the bytes as an unsigned 64-bit number. */
  static long parse(byte[] in, int offset, int length) throws DecodeException {
    int first = Math.min(length, BOUNDED_DIGITS);
    long value = bounded(in, offset, offset + first);
    if (value == NONE || length > MOST_DIGITS) {
      throw new DecodeException("needs a decimal number");
    }
    for (int i = offset + first; i < offset + length; i++) {
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
