package io.ebpfagent.decode;

import io.ebpfagent.config.Label;
import java.util.List;

/**
 * A list of labels, compiled once: turns a key's bytes into label values. Used by many threads at
 * once.
 */
public interface RowDecoder {
  /** The labels, in the key's order. */
  List<Label> labels();

  /** How many bytes a key has: the sizes and the padding of all labels. */
  int keySize();

  /**
   * Whether different keys always give different label values, so that rows need not be added up.
   */
  boolean injective();

  /** Whether value {@code index} never holds a character that the exposition formats escape. */
  boolean plain(int index);

  /**
   * Decodes the key at {@code key[offset, offset + keySize())} into {@code row}, which is cleared
   * first.
   *
   * @return false when a decoder drops the row
   * @throws DecodeException when a label can't be decoded
   */
  boolean decode(byte[] key, int offset, LabelRow row) throws DecodeException;

  /**
   * Tells that a scrape ended: cached answers that no scrape asked for since the last call but one
   * go.
   */
  void scrapeEnded();
}
