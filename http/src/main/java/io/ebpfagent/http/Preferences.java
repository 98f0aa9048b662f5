// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The preferences in an Accept or Accept-Encoding header (RFC 9110, 12.4.2). */
final class Preferences {
  private static final Pattern QUALITY = Pattern.compile("q=([01](\\.[0-9]*)?)");

  private final Map<String, Double> qualities = new HashMap<>();

  /**
   * Parses a header. For a name that occurs twice, the highest quality counts, whatever its other
   * parameters.
   */
  Preferences(String header) {
    for (String range : header.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = range.strip().split("\\s*;\\s*", -1);
      qualities.merge(parts[0], quality(parts), Math::max);
    }
  }

  private static double quality(String[] parts) {
    for (String part : parts) {
      var matcher = QUALITY.matcher(part);
      if (matcher.matches()) {
        return Math.min(1, Double.parseDouble(matcher.group(1)));
      }
    }
    return 1;
  }

  /**
   * Whether the client prefers the special media type to the usual one. Wildcards don't request the
   * special type, but they may exclude the usual one or give its quality.
   */
  boolean prefersType(String special, String usual) {
    double ordinary = type(usual);
    return type(special) > 0
        && (ordinary == 0 || (qualities.containsKey(special) && type(special) >= ordinary));
  }

  private double type(String type) {
    String group = type.substring(0, type.indexOf('/')) + "/*";
    return named(type, named(group, named("*/*", 0)));
  }

  /** Whether the client accepts the coding, and at least as much as no coding. */
  boolean wantsCoding(String coding) {
    double quality = named(coding, named("*", 0));
    return quality > 0 && quality >= named("identity", 0);
  }

  private double named(String name, double otherwise) {
    return qualities.getOrDefault(name, otherwise);
  }
}
