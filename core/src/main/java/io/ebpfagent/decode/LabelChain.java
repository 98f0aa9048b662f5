// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import io.ebpfagent.config.DecoderSpec;
import io.ebpfagent.config.Label;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** One label's decoders: the output of one is the input of the next. */
final class LabelChain {
  private final String label;
  private final int size;
  private final Decoder[] decoders;
  private final String[] names;
  private final @Nullable AnswerCache cache;

  LabelChain(Label label, List<Decoder> decoders, LongSupplier nanoTime) {
    this.label = label.name();
    this.size = label.size();
    this.decoders = decoders.toArray(Decoder[]::new);
    this.names = label.decoders().stream().map(DecoderSpec::name).toArray(String[]::new);
    boolean costly = decoders.stream().anyMatch(Decoder::costly);
    cache = costly ? new AnswerCache(new Freshness(mayChange(), nanoTime)) : null;
  }

  /** Appends the label's value to the row's bytes. */
  Outcome decode(byte[] key, int offset, LabelRow row) throws DecodeException {
    if (cache == null) {
      return decodeAnew(key, offset, row);
    }
    AnswerCache.Answer known = cache.find(key, offset, size);
    if (known != null) {
      return known.appendTo(row.bytes());
    }
    int start = row.bytes().length();
    Outcome outcome = decodeAnew(key, offset, row);
    cache.put(key, offset, size, outcome, row.bytes(), start);
    return outcome;
  }

  private Outcome decodeAnew(byte[] key, int offset, LabelRow row) throws DecodeException {
    int step = 0;
    try {
      byte[] in = key;
      int from = offset;
      int length = size;
      boolean standIn = false;
      while (step < decoders.length - 1) {
        Bytes out = row.scratch(step);
        Outcome outcome = decoders[step].decode(in, from, length, out);
        standIn |= outcome == Outcome.STAND_IN;
        if (outcome.skipsRow()) {
          return standIn ? outcome.fromStandIn() : outcome;
        }
        in = out.array();
        from = 0;
        length = out.length();
        step++;
      }
      Outcome outcome = decoders[step].decode(in, from, length, row.bytes());
      return standIn ? outcome.fromStandIn() : outcome;
    } catch (DecodeException e) {
      throw e.at(label, names[step]);
    }
  }

  /** Whether all it does is to print an integer. */
  boolean isUint() {
    return decoders.length == 1 && decoders[0] instanceof UintDecoder && NativeInts.isSize(size);
  }

  boolean maySkip() {
    return List.of(decoders).stream().anyMatch(Decoder::maySkip);
  }

  boolean mayChange() {
    return List.of(decoders).stream().anyMatch(Decoder::mayChange);
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

  void scrapeEnded() {
    if (cache != null) {
      cache.age();
    }
  }
}
