// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/** How one decoding went, when it did not fail. */
enum Outcome {
  /** The value was appended. */
  VALUE,
  /**
   * A stand-in such as {@code unknown:7} was appended; the real answer may be known in a moment, so
   * this one is not kept for long.
   */
  STAND_IN,
  /** The whole row is to be dropped. */
  SKIP_ROW,
  /** The whole row is to be dropped, but because of a stand-in. */
  SKIP_ROW_FOR_NOW;

  boolean skipsRow() {
    return this == SKIP_ROW || this == SKIP_ROW_FOR_NOW;
  }

  /** What it is worth when it was made from a stand-in. */
  Outcome fromStandIn() {
    return skipsRow() ? SKIP_ROW_FOR_NOW : STAND_IN;
  }
}
