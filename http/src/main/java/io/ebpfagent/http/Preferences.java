// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** An Accept or Accept-Encoding header: how much a client likes what (RFC 9110, 12.4.2). */
final class Preferences {
  private static final Pattern QUALITY = Pattern.compile("q=([01](\\.[0-9]*)?)");

  private final Map<String, Double> qualities = new HashMap<>();

  /** Reads a header; the best of a name that comes twice, whatever its other parameters. */
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
   * Whether the client would rather have the special media type than the usual one. Wildcards don't
   * ask for it, but may rule the usual one out, and say how good that is.
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

  /** Whether the coding is welcome, and at least as much as none. */
  boolean wantsCoding(String coding) {
    double quality = named(coding, named("*", 0));
    return quality > 0 && quality >= named("identity", 0);
  }

  private double named(String name, double otherwise) {
    return qualities.getOrDefault(name, otherwise);
  }
}
