// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.Collection;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** Finds the name that a user most likely meant. */
public final class Suggestion {
  private static final int LONGEST = 64;
  private static final int QUOTED = 80;

  private Suggestion() {}

  /** Returns {@code did you mean "labels"?}, or a list of all known names when none is similar. */
  static String of(String text, Collection<String> known) {
    String nearest = nearest(text, known);
    if (nearest != null) {
      return "did you mean \"" + nearest + "\"?";
    }
    return known.isEmpty() ? "there are none" : "known here: " + String.join(", ", known);
  }

  /**
   * Returns the most similar known name: one whose edit distance is at most a third of the longer
   * name, or of which one name is the beginning of the other. Null when there is none.
   */
  public static @Nullable String nearest(String text, Collection<String> known) {
    if (text.isEmpty() || text.length() > LONGEST) {
      return null;
    }
    Comparator<String> byDistance = Comparator.comparingInt(name -> distance(text, name));
    return known.stream()
        .filter(name -> isNear(text, name))
        .min(byDistance.thenComparing(Comparator.naturalOrder()))
        .orElse(null);
  }

  private static boolean isNear(String text, String name) {
    if (text.length() >= 3 && name.length() >= 3) {
      if (text.startsWith(name) || name.startsWith(text)) {
        return true;
      }
    }
    int longer = Math.max(text.length(), name.length());
    return longer - Math.min(text.length(), name.length()) <= longer / 3
        && distance(text, name) <= Math.max(1, longer / 3);
  }

  /** Edit distance of two texts; swapping two neighbouring characters is one edit. */
  static int distance(String a, String b) {
    int[] beforeLast = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + change);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
        }
      }
      int[] reused = beforeLast;
      beforeLast = last;
      last = row;
      row = reused;
    }
    return last[b.length()];
  }

  /** Returns the text in quotes on one line, shortened when it is long. */
  static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    int[] codePoints = text.codePoints().limit(QUOTED + 1L).toArray();
    for (int codePoint : codePoints) {
      if (quoted.length() > QUOTED) {
        return quoted.append("…\"").toString();
      }
      switch (codePoint) {
        case '\n' -> quoted.append("\\n");
        case '\t' -> quoted.append("\\t");
        case '\r' -> quoted.append("\\r");
        default -> quoted.appendCodePoint(codePoint);
      }
    }
    return quoted.append('"').toString();
  }
}
