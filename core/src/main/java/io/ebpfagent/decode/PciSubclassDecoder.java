package io.ebpfagent.decode;

import java.util.Optional;
import java.util.function.Supplier;

/** A PCI subclass's decimal id, the class's in the upper bits, to its name. */
final class PciSubclassDecoder implements Decoder {
  private final Supplier<Optional<PciIds>> ids;

  PciSubclassDecoder(Supplier<Optional<PciIds>> ids) {
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
    String name = known.get().subclasses().get(number);
    if (name != null) {
      out.append(name);
      return Outcome.VALUE;
    }
    out.append("unknown pci subclass: 0x");
    Hex.appendNumber(number, 4, out);
    return Outcome.VALUE;
  }

  @Override
  public boolean costly() {
    return true;
  }
}
