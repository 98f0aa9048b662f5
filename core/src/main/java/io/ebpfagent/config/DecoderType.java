// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** All decoders: the input that each one reads when it is a label's first, and its settings. */
public enum DecoderType {
  BTF_ENUM(Reads.DECIMAL, "enum", "trim"),
  CGROUP(Reads.DECIMAL),
  DNAME(Reads.BYTES),
  ERRNO(Reads.DECIMAL),
  HEX(Reads.BYTES),
  IFNAME(Reads.U32),
  INET_IP(Reads.ADDRESS),
  KSTACK(Reads.U64S),
  KSYM(Reads.U64),
  MAJORMINOR(Reads.U32),
  PCI_CLASS(Reads.DECIMAL),
  PCI_DEVICE(Reads.DECIMAL),
  PCI_SUBCLASS(Reads.DECIMAL),
  PCI_VENDOR(Reads.DECIMAL),
  REGEXP(Reads.BYTES, "regexps"),
  STATIC_MAP(Reads.BYTES, "static_map", "allow_unknown"),
  STRING(Reads.BYTES),
  SYSCALL(Reads.DECIMAL),
  UINT(Reads.INTEGER);

  /** The input that a decoder reads. */
  private enum Reads {
    BYTES("any number of"),
    /** Raw bytes are never a decimal number. */
    DECIMAL("no"),
    INTEGER("1, 2, 4 or 8"),
    ADDRESS("4 or 16"),
    /** Bytes after the number are padding. */
    U32("4 or more"),
    U64("8 or more"),
    U64S("a multiple of 8");

    final String sizes;

    Reads(String sizes) {
      this.sizes = sizes;
    }

    /** Whether the decoder reads a label of {@code size} bytes. */
    boolean fits(int size) {
      return switch (this) {
        case BYTES -> true;
        case DECIMAL -> false;
        case INTEGER -> size == 1 || size == 2 || size == 4 || size == 8;
        case ADDRESS -> size == 4 || size == 16;
        case U32 -> size >= Integer.BYTES;
        case U64 -> size >= Long.BYTES;
        case U64S -> size % Long.BYTES == 0;
      };
    }
  }

  private final Reads reads;

  @SuppressWarnings("ImmutableEnumChecker") // the list is immutable
  private final List<String> settings;

  DecoderType(Reads reads, String... settings) {
    this.reads = reads;
    this.settings = List.of(settings);
  }

  /** The decoder's name in a config. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the decoder that a config names so; empty when there is none. */
  public static Optional<DecoderType> of(String text) {
    return Arrays.stream(values()).filter(type -> type.text().equals(text)).findFirst();
  }

  /** Returns the names of all decoders. */
  static List<String> texts() {
    return Arrays.stream(values()).map(DecoderType::text).toList();
  }

  /** The keys that the decoder takes besides {@code name}. */
  List<String> settings() {
    return settings;
  }

  /** Reports an error when the decoder can't be the first one of a label of {@code size} bytes. */
  void checkFirst(YamlMap label, int size) {
    if (reads == Reads.DECIMAL) {
      label.error("decoders", text() + " takes a decimal number, put uint before it");
    } else if (!reads.fits(size)) {
      label.error("size", "%s takes %s bytes, found %s".formatted(text(), reads.sizes, size));
    }
  }
}
