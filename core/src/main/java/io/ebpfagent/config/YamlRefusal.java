// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

/** A text that is not read as YAML at all, so that nothing more can be said about it. */
final class YamlRefusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;

  YamlRefusal(int line, String message) {
    super(message);
    this.line = line;
  }

  /** The line, from 1; 0 for the whole file. */
  int line() {
    return line;
  }

  String reason() {
    return String.valueOf(getMessage());
  }
}
