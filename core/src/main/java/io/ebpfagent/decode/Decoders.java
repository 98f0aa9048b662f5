// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import io.ebpfagent.config.DecoderSpec;
import io.ebpfagent.config.Label;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Makes decoders from what a config says; one an exporter. */
public final class Decoders {
  private final DecodeContext context;
  private final LongSupplier nanoTime;
  private final Supplier<Optional<PciIds>> pciIds;

  public Decoders(DecodeContext context) {
    this(context, System::nanoTime);
  }

  Decoders(DecodeContext context, LongSupplier nanoTime) {
    this.context = context;
    this.nanoTime = nanoTime;
    pciIds = PciIds.lazily(context.pciIds());
  }

  /**
   * Compiles labels.
   *
   * @throws IllegalArgumentException when there is no decoder of a name, which a valid config rules
   *     out
   */
  public RowDecoder row(List<Label> labels) {
    List<LabelChain> chains = labels.stream().map(this::chain).toList();
    boolean maySkip = chains.stream().anyMatch(LabelChain::maySkip);
    boolean mayChange = chains.stream().anyMatch(LabelChain::mayChange);
    return new RowDecoder(
        labels,
        chains,
        maySkip && context.skipCacheSize() > 0
            ? new SkippedKeys(context.skipCacheSize(), new Freshness(mayChange, nanoTime))
            : null);
  }

  private LabelChain chain(Label label) {
    return new LabelChain(label, label.decoders().stream().map(this::decoder).toList(), nanoTime);
  }

  Decoder decoder(DecoderSpec spec) {
    return switch (spec.name()) {
      case "btf_enum" -> new BtfEnumDecoder(enumerators(spec), spec.trim());
      case "cgroup" -> new CgroupDecoder(context.cgroups());
      case "dname" -> new DnameDecoder();
      case "errno" -> new ErrnoDecoder();
      case "hex" -> new HexDecoder();
      case "ifname" -> new IfnameDecoder(context.interfaces(), nanoTime);
      case "inet_ip" -> new InetIpDecoder();
      case "kstack" -> new KstackDecoder(context.kallsyms());
      case "ksym" -> new KsymDecoder(context.kallsyms());
      case "majorminor" -> new MajorMinorDecoder(context.partitions(), nanoTime);
      case "pci_class" -> PciDecoder.pciClass(pciIds);
      case "pci_device" -> PciDecoder.device(pciIds);
      case "pci_subclass" -> PciDecoder.subclass(pciIds);
      case "pci_vendor" -> PciDecoder.vendor(pciIds);
      case "regexp" -> new RegexpDecoder(spec.regexps());
      case "static_map" -> new StaticMapDecoder(spec.staticMap(), spec.allowUnknown());
      case "string" -> new StringDecoder();
      case "syscall" -> new SyscallDecoder(context.architecture());
      case "uint" -> new UintDecoder();
      default -> throw new IllegalArgumentException("no decoder " + spec.name());
    };
  }

  private Map<Long, String> enumerators(DecoderSpec spec) {
    String name = spec.enumName();
    return name == null ? Map.of() : context.btfEnums().enumerators(name);
  }
}
