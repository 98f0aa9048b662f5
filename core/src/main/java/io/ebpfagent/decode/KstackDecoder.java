// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import io.ebpfagent.kallsyms.Kallsyms;

/** Decodes return addresses, innermost first and ended by a zero, to symbols, one a line. */
final class KstackDecoder implements Decoder {
  private final Kallsyms kallsyms;

  KstackDecoder(Kallsyms kallsyms) {
    this.kallsyms = kallsyms;
  }

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
    if (length % Long.BYTES != 0) {
      throw new DecodeException("needs 8 bytes a frame");
    }
    Outcome outcome = Outcome.VALUE;
    for (int at = offset; at < offset + length; at += Long.BYTES) {
      long address = NativeInts.u64(in, at);
      if (address == 0) {
        break;
      }
      if (at > offset) {
        out.append('\n');
      }
      String symbol = kallsyms.nearest(address);
      if (symbol == null) {
        outcome = Outcome.STAND_IN;
      }
      out.append(symbol == null ? "??" : symbol);
    }
    return outcome;
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
