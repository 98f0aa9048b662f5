package io.ebpfagent.decode;

import java.util.Optional;
import java.util.function.Supplier;

/** A PCI device's decimal id, the vendor's in the upper 16 bits, to its name. */
final class PciDeviceDecoder implements Decoder {
  private final Supplier<Optional<PciIds>> ids;

  PciDeviceDecoder(Supplier<Optional<PciIds>> ids) {
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
    String name = known.get().devices().get(number);
    if (name != null) {
      out.append(name);
    } else {
      out.append("unknown pci device: 0x");
      Hex.appendNumber(number, 8, out);
    }
    return Outcome.VALUE;
  }

  @Override
  public boolean costly() {
    return true;
  }
}
