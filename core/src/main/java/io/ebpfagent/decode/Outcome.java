// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/** The result of a decoding that did not fail. */
enum Outcome {
  /** The value was appended. */
  VALUE,
  /**
   * A stand-in such as {@code unknown:7} was appended. The real value may be known soon, so the
   * stand-in is only cached for a short time.
   */
  STAND_IN,
  /** The whole row is dropped. */
  SKIP_ROW,
  /** The whole row is dropped, but because of a stand-in. */
  SKIP_ROW_FOR_NOW;

  boolean skipsRow() {
    return this == SKIP_ROW || this == SKIP_ROW_FOR_NOW;
  }

  /** Returns the outcome that replaces this one when the input was a stand-in. */
  Outcome fromStandIn() {
    return skipsRow() ? SKIP_ROW_FOR_NOW : STAND_IN;
  }
}
