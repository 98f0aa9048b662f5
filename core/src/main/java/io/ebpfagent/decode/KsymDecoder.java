// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import io.ebpfagent.kallsyms.Kallsyms;

/** Decodes a kernel address, in the first 8 bytes, to the symbol that starts exactly there. */
final class KsymDecoder implements Decoder {
  private final Kallsyms kallsyms;

  KsymDecoder(Kallsyms kallsyms) {
    this.kallsyms = kallsyms;
  }

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
    if (length < Long.BYTES) {
      throw new DecodeException("needs 8 bytes");
    }
    long address = NativeInts.u64(in, offset);
    String symbol = kallsyms.exact(address);
    if (symbol != null) {
      out.append(symbol);
      return Outcome.VALUE;
    }
    out.append("unknown_addr:0x");
    Hex.appendNumber(address, 1, out);
    return Outcome.STAND_IN;
  }

  @Override
  public boolean costly() {
    return true;
  }

  @Override
  public boolean mayChange() {
    return true; // modules come and go, and another one may use the same addresses
  }
}
