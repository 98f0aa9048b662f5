// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import io.ebpfagent.config.DecoderSpec;
import io.ebpfagent.config.Label;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The decoders of one label: the output of each is the input of the next. */
final class LabelChain {
  private final String label;
  private final int size;
  private final Decoder[] decoders;
  private final String[] names;
  private final @Nullable AnswerCache cache;

  /** Creates a cache of answers; {@code mayChange} tells whether the answers may change. */
  @FunctionalInterface
  interface Caches {
    AnswerCache of(boolean mayChange);
  }

  /**
   * @param caches creates the cache of a costly chain
   */
  LabelChain(Label label, List<Decoder> decoders, Caches caches) {
    this.label = label.name();
    this.size = label.size();
    this.decoders = decoders.toArray(Decoder[]::new);
    this.names = label.decoders().stream().map(DecoderSpec::name).toArray(String[]::new);
    boolean costly = decoders.stream().anyMatch(Decoder::costly);
    cache = costly ? caches.of(mayChange()) : null;
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
    } catch (RuntimeException e) {
      // An error of a decoder in one row must not affect the other rows.
      throw new DecodeException(e.toString()).at(label, names[step]);
    }
  }

  /** Whether the chain only prints an integer. */
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

  void close() {
    if (cache != null) {
      cache.close();
    }
  }
}
