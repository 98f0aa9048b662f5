// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/**
 * Decodes a decimal error number to its name, such as {@code EPIPE}; the numbers are those of
 * x86-64, arm64 and most other architectures.
 */
final class ErrnoDecoder implements Decoder {
  private final NumberNames names = NumberNames.of("errno.txt");

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
    long number = Decimal.parse(in, offset, length);
    byte[] name = names.name(number);
    if (name != null) {
      out.append(name);
    } else {
      out.append("unknown:");
      out.appendUnsigned(number);
    }
    return Outcome.VALUE;
  }

  @Override
  public boolean plain(boolean input) {
    return true;
  }
}
