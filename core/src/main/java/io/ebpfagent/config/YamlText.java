// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import org.yaml.snakeyaml.reader.StreamReader;

/** A file's bytes as text, or the line where they are none. */
final class YamlText {
  /** The largest config in use has some 10 kB. */
  static final int MAX_BYTES = 1 << 20;

  private YamlText() {}

  static String read(InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw new YamlRefusal(0, "too large for a config, more than " + MAX_BYTES + " bytes");
    }
    CharBuffer decoded = CharBuffer.allocate(bytes.length);
    ByteBuffer source = ByteBuffer.wrap(bytes);
    CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(source, decoded, true);
    String text = decoded.flip().toString();
    if (result.isError()) {
      int at = Byte.toUnsignedInt(bytes[source.position()]);
      throw new YamlRefusal(
          lineAt(text, text.length()), "not UTF-8: byte 0x%02x".formatted(at) + columnOf(text));
    }
    if (text.startsWith("\ufeff")) {
      text = text.substring(1);
    }
    refuseControls(text);
    return text;
  }

  private static void refuseControls(String text) {
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int codePoint = text.codePointAt(i);
      if (!StreamReader.isPrintable(codePoint)) {
        throw new YamlRefusal(
            lineAt(text, i),
            "character U+%04X is not allowed in YAML".formatted(codePoint)
                + columnOf(text.substring(0, i)));
      }
    }
  }

  private static String columnOf(String before) {
    String line = before.substring(before.lastIndexOf('\n') + 1);
    return ", column " + (line.codePointCount(0, line.length()) + 1);
  }

  private static int lineAt(String text, int index) {
    return 1 + (int) text.substring(0, index).chars().filter(c -> c == '\n').count();
  }
}
