// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import io.ebpfagent.config.DecoderSpec;
import io.ebpfagent.config.Label;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Makes decoders from the settings of a config; one instance for each exporter. */
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

  /** Compiles a list of labels. */
  public RowDecoder row(List<Label> labels) {
    List<LabelChain> chains = labels.stream().map(this::chain).toList();
    boolean maySkip = chains.stream().anyMatch(LabelChain::maySkip);
    boolean mayChange = chains.stream().anyMatch(LabelChain::mayChange);
    return new RowDecoder(
        labels,
        chains,
        maySkip && context.caches().skippedKeys() > 0
            ? cache(mayChange, context.caches().skippedKeys())
            : null);
  }

  private LabelChain chain(Label label) {
    List<Decoder> decoders = label.decoders().stream().map(this::decoder).toList();
    int most =
        context.caches().answers() > 0 ? context.caches().answers() : AnswerCache.MOST_ENTRIES;
    return new LabelChain(label, decoders, mayChange -> cache(mayChange, most));
  }

  private AnswerCache cache(boolean mayChange, int most) {
    return new AnswerCache(new Freshness(mayChange, nanoTime), most, context.caches().budget());
  }

  Decoder decoder(DecoderSpec spec) {
    return switch (spec.type()) {
      case BTF_ENUM -> new BtfEnumDecoder(enumerators(spec), spec.trim());
      case CGROUP -> new CgroupDecoder(context.cgroups());
      case DNAME -> new DnameDecoder();
      case ERRNO -> new ErrnoDecoder();
      case HEX -> new HexDecoder();
      case IFNAME -> new IfnameDecoder(context.interfaces(), nanoTime);
      case INET_IP -> new InetIpDecoder();
      case KSTACK -> new KstackDecoder(context.kallsyms());
      case KSYM -> new KsymDecoder(context.kallsyms());
      case MAJORMINOR -> new MajorMinorDecoder(context.partitions(), nanoTime);
      case PCI_CLASS -> PciDecoder.pciClass(pciIds);
      case PCI_DEVICE -> PciDecoder.device(pciIds);
      case PCI_SUBCLASS -> PciDecoder.subclass(pciIds);
      case PCI_VENDOR -> PciDecoder.vendor(pciIds);
      case REGEXP -> new RegexpDecoder(spec.regexps());
      case STATIC_MAP -> new StaticMapDecoder(spec.staticMap(), spec.allowUnknown());
      case STRING -> new StringDecoder();
      case SYSCALL -> new SyscallDecoder(context.architecture());
      case UINT -> new UintDecoder();
    };
  }

  private Map<Long, String> enumerators(DecoderSpec spec) {
    String name = spec.enumName();
    return name == null ? Map.of() : context.btfEnums().enumerators(name);
  }
}
