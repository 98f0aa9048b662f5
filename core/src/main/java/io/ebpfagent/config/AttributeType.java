// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a span's label is as an attribute of the span. */
public enum AttributeType {
  /** Whatever the decoders give. */
  STRING,
  /** The same, but no attribute where that is empty. */
  OPTIONAL,
  /** A whole number; no attribute where it is none. */
  INT,
  /** {@code true} or {@code false}; no attribute where it is neither. */
  BOOLEAN;

  /** The type's name in a config. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<AttributeType> of(String text) {
    return Arrays.stream(values()).filter(type -> type.text().equals(text)).findFirst();
  }

  static List<String> texts() {
    return Arrays.stream(values()).map(AttributeType::text).toList();
  }
}
