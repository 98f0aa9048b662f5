// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads one decoder of a label. */
final class DecoderReader {
  private DecoderReader() {}

  /** Reads a decoder and reports its problems; returns null when its name is missing or unknown. */
  static @Nullable DecoderSpec read(YamlMap map) {
    String name = map.required("name");
    Optional<DecoderType> found = DecoderType.of(name);
    if (found.isEmpty()) {
      if (!name.isEmpty()) {
        String nearest = Suggestion.of(name, DecoderType.texts());
        map.error("name", "unknown decoder " + Suggestion.quote(name) + ", " + nearest);
      }
      return null;
    }
    DecoderType type = found.get();
    map.allow(
        Stream.concat(Stream.of("name"), type.settings().stream()).toList(),
        key -> settingOfAnother(key, type));
    return switch (type) {
      case BTF_ENUM -> DecoderSpec.btfEnum(map.required("enum"), map.text("trim").orElse(""));
      case REGEXP -> DecoderSpec.regexp(regexps(map, 1));
      case STATIC_MAP -> DecoderSpec.staticMap(staticMap(map), map.flag("allow_unknown"));
      default -> DecoderSpec.of(type);
    };
  }

  private static @Nullable String settingOfAnother(String key, DecoderType type) {
    return Arrays.stream(DecoderType.values())
        .filter(other -> other.settings().contains(key))
        .map(other -> "is a setting of " + other.text() + ", not of " + type.text())
        .findFirst()
        .orElse(null);
  }

  private static Map<String, String> staticMap(YamlMap map) {
    YamlValue value = map.get("static_map");
    YamlMap entries = value == null ? null : value.map();
    if (value == null) {
      map.error("static_map", "missing, needs at least one entry");
    } else if (entries != null && entries.keys().isEmpty()) {
      value.error("needs at least one entry");
    }
    Map<String, String> texts = new LinkedHashMap<>();
    if (entries != null) {
      for (String key : entries.keys()) {
        texts.put(key, entries.text(key).orElse(""));
      }
    }
    return texts;
  }

  /**
   * Reads RE2 patterns. Those that don't compile are reported as errors; those with more than
   * {@code maxGroups} groups are reported as warnings and left out.
   */
  static List<Pattern> regexps(YamlMap map, int maxGroups) {
    List<Pattern> patterns = new ArrayList<>();
    for (YamlValue item : map.requiredList("regexps", "at least one pattern")) {
      String text = item.text().orElse("");
      try {
        Pattern pattern = Pattern.compile(text);
        if (pattern.groupCount() > maxGroups) {
          item.warning(
              "is skipped, a pattern has at most %s capture group, found %s"
                  .formatted(maxGroups, pattern.groupCount()));
        } else {
          patterns.add(pattern);
        }
      } catch (PatternSyntaxException e) {
        String reason = Suggestion.quote(text) + ": " + e.getDescription();
        item.error("not a regular expression of RE2: " + reason);
      } catch (StackOverflowError e) {
        // The library compiles a group within a group by calling itself.
        item.error(Suggestion.quote(text) + ": its groups are nested too deeply");
      }
    }
    return patterns;
  }
}
