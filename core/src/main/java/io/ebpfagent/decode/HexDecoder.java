package io.ebpfagent.decode;

/** Bytes to lower-case hex, in the order they lie in memory. */
final class HexDecoder implements Decoder {
  private static final byte[] DIGITS = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) {
    append(in, offset, length, out);
    return Outcome.VALUE;
  }

  static void append(byte[] in, int offset, int length, Bytes out) {
    for (int i = offset; i < offset + length; i++) {
      out.append(DIGITS[in[i] >> 4 & 0xf]);
      out.append(DIGITS[in[i] & 0xf]);
    }
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
