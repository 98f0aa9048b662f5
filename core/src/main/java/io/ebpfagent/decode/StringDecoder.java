// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/** Decodes a C string: the bytes up to the first NUL, or all of them, as UTF-8. */
final class StringDecoder implements Decoder {
  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) {
    int end = offset;
    while (end < offset + length && in[end] != 0) {
      end++;
    }
    Text.append(in, offset, end - offset, out);
    return Outcome.VALUE;
  }
}
