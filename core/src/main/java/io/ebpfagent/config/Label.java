// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.List;

/**
 * One label of a metric or a span.
 *
 * @param name the label's name
 * @param size how many bytes of the key are this label's
 * @param padding how many bytes after them are skipped
 * @param decoders what turns the bytes into text, in order; never empty
 */
public record Label(String name, int size, int padding, List<DecoderSpec> decoders) {
  public Label {
    decoders = List.copyOf(decoders);
  }
}
