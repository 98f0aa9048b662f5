package io.ebpfagent.decode;

import io.ebpfagent.config.Label;
import java.util.List;

/** One label's decoders: the output of one is the input of the next. */
final class LabelChain {
  private final String label;
  private final int size;
  private final Decoder[] decoders;
  private final String[] names;

  LabelChain(Label label, List<Decoder> decoders) {
    this.label = label.name();
    this.size = label.size();
    this.decoders = decoders.toArray(Decoder[]::new);
    this.names = label.decoders().stream().map(spec -> spec.name()).toArray(String[]::new);
  }

  /** Appends the label's value to the row's bytes. */
  Outcome decode(byte[] key, int offset, LabelRow row) throws DecodeException {
    int step = 0;
    try {
      if (decoders.length == 1) {
        return decoders[0].decode(key, offset, size, row.bytes());
      }
      byte[] in = key;
      int from = offset;
      int length = size;
      boolean standIn = false;
      while (true) {
        boolean last = step == decoders.length - 1;
        Bytes out = last ? row.bytes() : row.scratch(step);
        Outcome outcome = decoders[step].decode(in, from, length, out);
        if (outcome == Outcome.SKIP_ROW) {
          return outcome;
        }
        standIn |= outcome == Outcome.STAND_IN;
        if (last) {
          return standIn ? Outcome.STAND_IN : Outcome.VALUE;
        }
        in = out.array();
        from = 0;
        length = out.length();
        step++;
      }
    } catch (DecodeException e) {
      throw e.at(label, names[step]);
    }
  }

  boolean maySkip() {
    return List.of(decoders).stream().anyMatch(Decoder::maySkip);
  }

  boolean injective() {
    return decoders.length == 1 && decoders[0].injective();
  }

  boolean plain() {
    boolean plain = false;
    for (Decoder decoder : decoders) {
      plain = decoder.plain(plain);
    }
    return plain;
  }
}
