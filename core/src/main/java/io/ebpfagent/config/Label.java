// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.List;

/**
 * One label of a metric or a span.
 *
 * @param name the label's name
 * @param size how many bytes of the key belong to this label
 * @param padding how many bytes after them are skipped
 * @param decoders convert the bytes to text, in this order; never empty
 * @param type what it is as an attribute of a span; labels of metrics are text
 */
public record Label(
    String name, int size, int padding, List<DecoderSpec> decoders, AttributeType type) {
  public Label {
    decoders = List.copyOf(decoders);
  }

  public Label(String name, int size, int padding, List<DecoderSpec> decoders) {
    this(name, size, padding, decoders, AttributeType.STRING);
  }

  /** Whether the label is the CPU's number, a u16, which a per-CPU map has beside its keys. */
  boolean isCpu() {
    return name.equals("cpu") && size == Short.BYTES;
  }
}
