package io.ebpfagent.decode;

import java.util.Optional;
import java.util.function.Supplier;

/** A PCI vendor's decimal id to its name. */
final class PciVendorDecoder implements Decoder {
  private final Supplier<Optional<PciIds>> ids;

  PciVendorDecoder(Supplier<Optional<PciIds>> ids) {
    this.ids = ids;
  }

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
    long number = Decimal.parse(in, offset, length);
    Optional<PciIds> known = ids.get();
    if (known.isEmpty()) {
      out.append(PciIds.MISSING);
      return Outcome.VALUE;
    }
    String name = known.get().vendors().get(number);
    if (name != null) {
      out.append(name);
    } else {
      out.append("unknown pci vendor: 0x");
      Hex.appendNumber(number, 4, out);
    }
    return Outcome.VALUE;
  }

  @Override
  public boolean costly() {
    return true;
  }
}
