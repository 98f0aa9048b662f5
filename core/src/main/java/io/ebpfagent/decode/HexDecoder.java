// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/** Decodes bytes to lower-case hex, in memory order. */
final class HexDecoder implements Decoder {
  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) {
    Hex.appendBytes(in, offset, length, out);
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
