// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** Decodes the decimal id of a PCI vendor, device, class or subclass to its name. */
final class PciDecoder implements Decoder {
  private final Supplier<Optional<PciIds>> ids;
  private final Function<PciIds, Map<Long, String>> table;
  private final String kind;
  private final int digits;

  private PciDecoder(
      Supplier<Optional<PciIds>> ids,
      Function<PciIds, Map<Long, String>> table,
      String kind,
      int digits) {
    this.ids = ids;
    this.table = table;
    this.kind = kind;
    this.digits = digits;
  }

  static PciDecoder vendor(Supplier<Optional<PciIds>> ids) {
    return new PciDecoder(ids, PciIds::vendors, "vendor", 4);
  }

  /** The vendor's id is in the upper 16 bits. */
  static PciDecoder device(Supplier<Optional<PciIds>> ids) {
    return new PciDecoder(ids, PciIds::devices, "device", 8);
  }

  static PciDecoder pciClass(Supplier<Optional<PciIds>> ids) {
    return new PciDecoder(ids, PciIds::classes, "class", 2);
  }

  /** The class's id is in the upper bits. */
  static PciDecoder subclass(Supplier<Optional<PciIds>> ids) {
    return new PciDecoder(ids, PciIds::subclasses, "subclass", 4);
  }

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
    long number = Decimal.parse(in, offset, length);
    Optional<PciIds> known = ids.get();
    if (known.isEmpty()) {
      out.append(PciIds.MISSING);
      return Outcome.VALUE;
    }
    String name = table.apply(known.get()).get(number);
    if (name != null) {
      out.append(name);
    } else {
      out.append("unknown pci " + kind + ": 0x");
      Hex.appendNumber(number, digits, out);
    }
    return Outcome.VALUE;
  }

  @Override
  public boolean costly() {
    return true;
  }
}
