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
  SKIP_ROW
}
