package io.ebpfagent.decode;

/** Unsigned integers in host byte order, to decimal. */
final class UintDecoder implements Decoder {
  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
    switch (length) {
      case Long.BYTES -> out.appendUnsigned(NativeInts.u64(in, offset));
      case Integer.BYTES -> out.appendUnsigned(NativeInts.u32(in, offset));
      case Short.BYTES -> out.appendUnsigned(NativeInts.u16(in, offset));
      case Byte.BYTES -> out.appendUnsigned(in[offset] & 0xff);
      default -> throw new DecodeException("needs 1, 2, 4 or 8 bytes");
    }
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
