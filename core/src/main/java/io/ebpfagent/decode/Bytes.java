package io.ebpfagent.decode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growable run of bytes that is appended to and reused; not thread-safe. */
public final class Bytes {
  private static final byte[] DIGIT_TENS = new byte[100];
  private static final byte[] DIGIT_ONES = new byte[100];

  static {
    for (int i = 0; i < 100; i++) {
      DIGIT_TENS[i] = (byte) ('0' + i / 10);
      DIGIT_ONES[i] = (byte) ('0' + i % 10);
    }
  }

  private byte[] array;
  private int length;

  public Bytes(int capacity) {
    array = new byte[capacity];
  }

  /** The bytes themselves, valid up to {@link #length()} and until the next append. */
  public byte[] array() {
    return array;
  }

  public int length() {
    return length;
  }

  public void clear() {
    length = 0;
  }

  /** Forgets what was appended beyond {@code length}. */
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

  /** Appends text as UTF-8. */
  public void append(String text) {
    append(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Appends an unsigned 64-bit number in decimal. */
  public void appendUnsigned(long value) {
    ensure(20);
    if (value < 0) {
      long quotient = Long.divideUnsigned(value, 10);
      appendPositive(quotient);
      array[length++] = (byte) ('0' + (value - quotient * 10));
    } else {
      appendPositive(value);
    }
  }

  private void appendPositive(long value) {
    int end = length + digits(value);
    int at = end;
    while (value > Integer.MAX_VALUE) {
      long quotient = value / 100;
      int rest = (int) (value - quotient * 100);
      value = quotient;
      array[--at] = DIGIT_ONES[rest];
      array[--at] = DIGIT_TENS[rest];
    }
    int small = (int) value;
    while (small >= 100) {
      int quotient = small / 100;
      int rest = small - quotient * 100;
      small = quotient;
      array[--at] = DIGIT_ONES[rest];
      array[--at] = DIGIT_TENS[rest];
    }
    array[--at] = DIGIT_ONES[small];
    if (small >= 10) {
      array[--at] = DIGIT_TENS[small];
    }
    length = end;
  }

  private static int digits(long value) {
    int digits = 1;
    for (long limit = 10; digits < 19 && value >= limit; limit *= 10) {
      digits++;
    }
    return digits;
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
