// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.file.Path;

/**
 * Converts paths to UTF-8 text and back, whatever the locale. To Linux a path is bytes, but Java's
 * own conversions depend on the locale: in locale C they replace or reject what is not ASCII. A
 * path's URI, however, has its exact bytes.
 */
public final class PathText {
  private PathText() {}

  /** Returns an absolute path as text; bytes that are not UTF-8 become U+FFFD. */
  public static String of(Path path) {
    String text = path.toString();
    if (isAscii(text)) {
      return text;
    }
    byte[] bytes = unescape(path.toUri().getRawPath());
    int length = bytes.length;
    if (length > 1 && bytes[length - 1] == '/') {
      length--; // the URI of a directory ends with a slash
    }
    return new String(bytes, 0, length, UTF_8);
  }

  /** Returns the text of a path's last element. */
  public static String nameOf(Path path) {
    String text = of(path);
    return text.substring(text.lastIndexOf('/') + 1);
  }

  /**
   * Returns the absolute path that a text denotes.
   *
   * @throws IllegalArgumentException when the text contains a NUL character
   */
  public static Path path(String text) {
    return path(text.getBytes(UTF_8));
  }

  static Path path(byte[] bytes) {
    String latin1 = new String(bytes, ISO_8859_1);
    if (isAscii(latin1)) {
      return Path.of(latin1);
    }
    StringBuilder uri = new StringBuilder("file://");
    for (byte each : bytes) {
      if (each == '/' || (each >= '0' && each <= '9') || (each >= 'a' && each <= 'z')) {
        uri.append((char) each);
      } else {
        uri.append('%').append("%02X".formatted(each & 0xff));
      }
    }
    return Path.of(URI.create(uri.toString()));
  }

  private static byte[] unescape(String rawPath) {
    // The decoder is one of forms, in which a plus is a space.
    return URLDecoder.decode(rawPath.replace("+", "%2B"), ISO_8859_1).getBytes(ISO_8859_1);
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }
}
