package io.ebpfagent.decode;

import io.ebpfagent.config.DecoderSpec;
import io.ebpfagent.config.Label;
import java.util.List;

/** Makes decoders from what a config says; one an exporter. */
public final class Decoders {
  public Decoders(DecodeContext context) {}

  /**
   * Compiles labels.
   *
   * @throws IllegalArgumentException when there is no decoder of a name, which a valid config rules
   *     out
   */
  public RowDecoder row(List<Label> labels) {
    return new RowDecoder(labels, labels.stream().map(this::chain).toList());
  }

  private LabelChain chain(Label label) {
    return new LabelChain(label, label.decoders().stream().map(this::decoder).toList());
  }

  private Decoder decoder(DecoderSpec spec) {
    return switch (spec.name()) {
      case "hex" -> new HexDecoder();
      case "static_map" -> new StaticMapDecoder(spec.staticMap(), spec.allowUnknown());
      case "string" -> new StringDecoder();
      case "uint" -> new UintDecoder();
      default -> throw new IllegalArgumentException("no decoder " + spec.name());
    };
  }
}
