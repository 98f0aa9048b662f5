// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growable, reusable byte buffer; not thread-safe. */
public final class Bytes {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  /** The two digits of each number below 100, the first digit in the lower byte. */
  private static final short[] PAIRS = new short[100];

  /** {@code 10^i}. */
  private static final long[] POWERS = new long[19];

  private static final int EIGHT_DIGITS = 100_000_000;
  private static final int MOST_DIGITS = 20;

  static {
    for (int i = 0; i < PAIRS.length; i++) {
      PAIRS[i] = (short) (('0' + i % 10) << Byte.SIZE | ('0' + i / 10));
    }
    POWERS[0] = 1;
    for (int i = 1; i < POWERS.length; i++) {
      POWERS[i] = POWERS[i - 1] * 10;
    }
  }

  private byte[] array;
  private int length;

  public Bytes(int capacity) {
    array = new byte[capacity];
  }

  /** Returns the backing array, valid up to {@link #length()} and until the next append. */
  public byte[] array() {
    return array;
  }

  public int length() {
    return length;
  }

  public void clear() {
    length = 0;
  }

  /** Removes what was appended beyond {@code length}. */
  public void truncate(int length) {
    this.length = length;
  }

  public void append(int oneByte) {
    ensure(1);
    array[length++] = (byte) oneByte;
  }

  public void append(byte[] bytes) {
    append(bytes, 0, bytes.length);
  }

  public void append(byte[] bytes, int offset, int count) {
    ensure(count);
    System.arraycopy(bytes, offset, array, length, count);
    length += count;
  }

  /** Appends a number as four bytes, which {@link #intAt} reads. */
  public void appendInt(int value) {
    ensure(Integer.BYTES);
    INT.set(array, length, value);
    length += Integer.BYTES;
  }

  /** Returns the number whose four bytes begin at an index. */
  public static int intAt(byte[] bytes, int index) {
    return (int) INT.get(bytes, index);
  }

  /** Appends text as UTF-8. */
  public void append(String text) {
    append(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Appends {@code count} undefined bytes and returns the index of the first. The caller writes
   * them into {@link #array} and removes the surplus with {@link #truncate}.
   */
  int reserve(int count) {
    ensure(count);
    int start = length;
    length += count;
    return start;
  }

  /** Appends an unsigned 64-bit number in decimal. */
  public void appendUnsigned(long value) {
    ensure(MOST_DIGITS);
    if (value >>> 31 == 0) {
      int end = length + digits(value);
      put((int) value, end);
      length = end;
    } else {
      appendLarge(value);
    }
  }

  private void appendLarge(long value) {
    long rest = value;
    int lastDigit = -1;
    if (value < 0) {
      // Halving makes the number positive; a fifth of the half is a tenth of the number.
      rest = (value >>> 1) / 5;
      lastDigit = (int) (value - rest * 10);
    }
    int end = length + digits(rest);
    int at = end;
    while (rest > Integer.MAX_VALUE) {
      long quotient = rest / EIGHT_DIGITS;
      int eight = (int) (rest - quotient * EIGHT_DIGITS);
      int four = eight / 10_000;
      at -= 8;
      put4(four, at);
      put4(eight - four * 10_000, at + 4);
      rest = quotient;
    }
    put((int) rest, at);
    if (lastDigit >= 0) {
      array[end++] = (byte) ('0' + lastDigit);
    }
    length = end;
  }

  /** Writes a number's digits so that they end before {@code end}. */
  private void put(int value, int end) {
    int rest = value;
    int at = end;
    while (rest >= 100) {
      int quotient = rest / 100;
      at -= 2;
      SHORT.set(array, at, PAIRS[rest - quotient * 100]);
      rest = quotient;
    }
    if (rest >= 10) {
      SHORT.set(array, at - 2, PAIRS[rest]);
    } else {
      array[at - 1] = (byte) ('0' + rest);
    }
  }

  /** Writes a number below 10,000 as four digits, with leading zeros. */
  private void put4(int value, int at) {
    int high = value / 100;
    SHORT.set(array, at, PAIRS[high]);
    SHORT.set(array, at + 2, PAIRS[value - high * 100]);
  }

  /** Number of decimal digits of a number that is not negative. */
  private static int digits(long value) {
    // 1233/4096 is a little above log10(2).
    int atLeast = ((Long.SIZE - Long.numberOfLeadingZeros(value | 1)) * 1233) >>> 12;
    return value >= POWERS[atLeast] ? atLeast + 1 : Math.max(atLeast, 1);
  }

  private void ensure(int more) {
    if (array.length - length < more) {
      array = Arrays.copyOf(array, Math.max(array.length * 2, length + more));
    }
  }

  @Override
  public String toString() {
    return new String(array, 0, length, StandardCharsets.UTF_8);
  }
}
