// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * File names that are not text. For the kernel they are bytes, and the JVM reads them in the
 * encoding of the locale it was started in: in the locale C, only ASCII is text.
 */
public final class FileNames {
  private static final String ENCODING = System.getProperty("sun.jnu.encoding", "unknown");

  private FileNames() {}

  /** Whether a file of a listing is found by its name as text. */
  static boolean isText(Path file) {
    try {
      return file.resolveSibling(file.getFileName().toString()).equals(file);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** Whether a text can be the name of a file in the locale's encoding. */
  public static boolean isPath(String name) {
    try {
      return !Path.of(name).toString().isEmpty();
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** Returns a file's name with each byte that is not ASCII as {@code \xe9}. */
  static String escaped(Path file) {
    // A URI has the bytes, which nothing else gives; the decoder takes a plus for a space.
    String uri = file.toUri().getRawPath().replace("+", "%2B");
    StringBuilder name = new StringBuilder();
    String last = uri.substring(uri.lastIndexOf('/') + 1);
    for (char each : URLDecoder.decode(last, StandardCharsets.ISO_8859_1).toCharArray()) {
      name.append(each < 0x80 ? String.valueOf(each) : "\\x%02x".formatted((int) each));
    }
    return name.toString();
  }

  /** Returns why a name is no text, and what to do. */
  public static String whyNoText() {
    return ENCODING.equals(StandardCharsets.UTF_8.name())
        ? "the name is not UTF-8; rename the file"
        : "the name is not text in the locale's encoding, %s; set LC_ALL=C.UTF-8"
            .formatted(ENCODING);
  }
}
