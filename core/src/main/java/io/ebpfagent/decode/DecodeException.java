// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import org.jspecify.annotations.Nullable;

/**
 * A row's bytes can't be decoded. It is thrown on the hot path, so it has no stack trace and builds
 * its message only when asked.
 */
public final class DecodeException extends Exception {
  private static final long serialVersionUID = 1L;

  private final @Nullable String label;
  private final @Nullable String decoder;
  private final String problem;

  public DecodeException(String problem) {
    this(null, null, problem);
  }

  private DecodeException(@Nullable String label, @Nullable String decoder, String problem) {
    super(null, null, false, false);
    this.label = label;
    this.decoder = decoder;
    this.problem = problem;
  }

  /** Returns the same problem with the label and decoder where it happened. */
  DecodeException at(String label, String decoder) {
    return new DecodeException(label, decoder, problem);
  }

  /** Returns text such as {@code label "pid": uint: needs 1, 2, 4 or 8 bytes}. */
  @Override
  public String getMessage() {
    return label == null ? problem : "label \"" + label + "\": " + decoder + ": " + problem;
  }
}
