package io.ebpfagent.decode;

/** Numbers in lower-case hex. */
final class HexNumber {
  private HexNumber() {}

  /**
   * Appends an unsigned number, with zeros in front where it has less than {@code digits} digits.
   */
  static void append(long value, int digits, Bytes out) {
    int significant = (Long.SIZE - Long.numberOfLeadingZeros(value) + 3) / 4;
    for (int digit = Math.max(significant, digits) - 1; digit >= 0; digit--) {
      out.append(Character.forDigit((int) (value >>> (4 * digit)) & 0xf, 16));
    }
  }
}
