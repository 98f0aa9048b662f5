// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.List;

/** Reads a list {@code regexps} of RE2 patterns. */
final class Regexps {
  private Regexps() {}

  /** The patterns, those that do not compile or have more groups are reported. */
  static List<Pattern> read(YamlMap map, int maxGroups) {
    YamlValue value = map.get("regexps");
    if (value == null) {
      map.missing("regexps", "missing, needs at least one pattern");
      return List.of();
    }
    List<YamlValue> items = value.list();
    if (items.isEmpty() && value.isList()) {
      value.problem("needs at least one pattern");
    }
    List<Pattern> patterns = new ArrayList<>();
    for (YamlValue item : items) {
      item.text().ifPresent(text -> compile(item, text, maxGroups, patterns));
    }
    return patterns;
  }

  private static void compile(YamlValue item, String text, int maxGroups, List<Pattern> patterns) {
    if (PatternSize.isExcessive(text)) {
      item.problem("too large a regular expression: " + Suggestion.quote(text));
      return;
    }
    try {
      Pattern pattern = Pattern.compile(text);
      if (pattern.groupCount() > maxGroups) {
        item.problem(
            "must have at most %d capture group, found %d"
                .formatted(maxGroups, pattern.groupCount()));
      }
      patterns.add(pattern);
    } catch (PatternSyntaxException e) {
      item.problem(
          "not a regular expression of RE2: " + Suggestion.quote(text) + ": " + e.getDescription());
    }
  }
}
