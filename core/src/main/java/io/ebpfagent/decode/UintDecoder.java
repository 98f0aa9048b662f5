// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/** Decodes an unsigned integer in host byte order to decimal. */
final class UintDecoder implements Decoder {
  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
    if (!NativeInts.isSize(length)) {
      throw new DecodeException("needs 1, 2, 4 or 8 bytes");
    }
    out.appendUnsigned(NativeInts.unsigned(in, offset, length));
    return Outcome.VALUE;
  }

  @Override
  public boolean injective() {
    return true;
  }

  @Override
  public boolean plain(boolean input) {
    return true;
  }
}
