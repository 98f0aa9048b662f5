// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import io.ebpfagent.config.Label;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list of labels, compiled once: decodes a key's bytes to label values. Thread-safe; made by
 * {@link Decoders#row}.
 */
public final class RowDecoder implements AutoCloseable {
  private final List<Label> labels;
  private final LabelChain[] chains;
  private final int[] strides;

  /**
   * The size of each label that is an integer, 0 for the others. Integers are by far the most
   * frequent, and a call of their chain would cost as much as printing them.
   */
  private final int[] uints;

  private final boolean[] plain;
  private final int keySize;
  private final boolean injective;
  private final @Nullable AnswerCache skipped;

  /**
   * @param skipped caches the keys of rows to skip; null for no cache
   */
  RowDecoder(List<Label> labels, List<LabelChain> chains, @Nullable AnswerCache skipped) {
    this.labels = List.copyOf(labels);
    this.chains = chains.toArray(LabelChain[]::new);
    strides = labels.stream().mapToInt(label -> label.size() + label.padding()).toArray();
    uints = new int[strides.length];
    plain = new boolean[strides.length];
    boolean injective = true;
    int keySize = 0;
    for (int i = 0; i < strides.length; i++) {
      uints[i] = this.chains[i].isUint() ? labels.get(i).size() : 0;
      plain[i] = this.chains[i].plain();
      injective &= this.chains[i].injective() && labels.get(i).padding() == 0;
      keySize += strides[i];
    }
    this.injective = injective;
    this.keySize = keySize;
    this.skipped = skipped;
  }

  /** The labels, in the key's order. */
  public List<Label> labels() {
    return labels;
  }

  /** Number of bytes of a key: the sizes and the padding of all labels. */
  public int keySize() {
    return keySize;
  }

  /**
   * Whether different keys always give different label values, so that rows need not be added up.
   */
  public boolean injective() {
    return injective;
  }

  /** Whether value {@code index} never contains a character that the exposition formats escape. */
  public boolean plain(int index) {
    return plain[index];
  }

  /**
   * Decodes the key at {@code key[offset, offset + keySize())} into {@code row}, which is cleared
   * first.
   *
   * @return false when a decoder drops the row
   * @throws DecodeException when a label can't be decoded
   */
  public boolean decode(byte[] key, int offset, LabelRow row) throws DecodeException {
    row.clear();
    if (skipped != null && skipped.find(key, offset, keySize) != null) {
      return false;
    }
    int at = offset;
    for (int i = 0; i < chains.length; i++) {
      if (uints[i] != 0) {
        row.bytes().appendUnsigned(NativeInts.unsigned(key, at, uints[i]));
      } else {
        Outcome outcome = chains[i].decode(key, at, row);
        if (outcome.skipsRow()) {
          if (skipped != null) {
            skipped.put(key, offset, keySize, outcome, row.bytes(), row.bytes().length());
          }
          return false;
        }
      }
      row.endValue();
      at += strides[i];
    }
    return true;
  }

  /**
   * Reports the end of a scrape: cached answers that were not used since the last call but one are
   * dropped.
   */
  public void scrapeEnded() {
    for (LabelChain chain : chains) {
      chain.scrapeEnded();
    }
    if (skipped != null) {
      skipped.age();
    }
  }

  /**
   * Returns what the caches took from the engine's budget. The decoder still works, without caches.
   */
  @Override
  public void close() {
    for (LabelChain chain : chains) {
      chain.close();
    }
    if (skipped != null) {
      skipped.close();
    }
  }

  boolean remembersSkippedKeys() {
    return skipped != null;
  }
}
