// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/**
 * One step from a key's bytes to a label value. A decoder is made once for each label and used by
 * many threads at once.
 */
interface Decoder {
  /**
   * Appends the decoded form of {@code in[offset, offset + length)} to {@code out}.
   *
   * @throws DecodeException when the bytes can't be decoded; the row is dropped and counted
   */
  Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException;

  /** Whether the answer is worth caching, because it takes a look-up or a search. */
  default boolean costly() {
    return false;
  }

  /**
   * Whether the same input may decode differently later, so that an answer may only be cached for a
   * while.
   */
  default boolean mayChange() {
    return false;
  }

  /** Whether the decoder may answer {@link Outcome#SKIP_ROW}. */
  default boolean maySkip() {
    return false;
  }

  /** Whether different inputs of one length always give different outputs. */
  default boolean injective() {
    return false;
  }

  /**
   * Whether the output never contains a character that the exposition formats escape (backslash,
   * double quote, line feed).
   *
   * @param input whether that is true of the input
   */
  default boolean plain(boolean input) {
    return false;
  }
}
