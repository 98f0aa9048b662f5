// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.nio.charset.StandardCharsets;

/** Makes label text of arbitrary bytes: the exposition formats allow nothing but UTF-8. */
final class Text {
  private Text() {}

  /** Appends bytes as UTF-8; invalid ones become U+FFFD. */
  static void append(byte[] in, int offset, int length, Bytes out) {
    for (int i = offset; i < offset + length; i++) {
      if (in[i] < 0) {
        out.append(new String(in, offset, length, StandardCharsets.UTF_8));
        return;
      }
    }
    out.append(in, offset, length);
  }

  /** Whether the text contains no character that the exposition formats escape. */
  static boolean isPlain(String text) {
    return text.chars().noneMatch(c -> c == '\\' || c == '"' || c == '\n');
  }
}
