// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/** Unsigned decimal numbers, as the decoder {@code uint} writes them. */
public final class Decimal {
  /** What is no number. */
  public static final long NONE = -1;

  /** What {@link #bounded} makes of larger numbers: a few of these add up without an overflow. */
  public static final long MOST = 1_000_000_000_000_000_000L;

  private static final int BOUNDED_DIGITS = 18;
  private static final int MOST_DIGITS = 20;
  private static final long LARGEST_TENTH = Long.divideUnsigned(-1, 10);

  private Decimal() {}

  /** The number that {@code in[start, end)} spells, {@link #MOST} at most; else {@link #NONE}. */
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

  /** The unsigned 64-bit number that all of the bytes spell. */
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
