// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** A mapping of the file: its keys' texts and values, with merge keys followed. */
final class YamlMap {
  private static final Pattern BARE_KEY = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  private static final Pattern IDENTIFIER = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  private record Entry(Node key, Node value) {}

  private final MappingNode node;
  private final String path;
  private final Problems problems;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** Known keys that an unknown one is a misspelling of: nobody is told that they are missing. */
  private final Set<String> misspelled = new HashSet<>();

  private YamlMap(MappingNode node, String path, Problems problems) {
    this.node = node;
    this.path = path;
    this.problems = problems;
  }

  static YamlMap of(MappingNode node, String path, Problems problems) {
    YamlMap map = new YamlMap(node, path, problems);
    for (NodeTuple tuple : node.getValue()) {
      if (!isMerge(tuple)) {
        map.put(tuple);
      }
    }
    map.mergeInto(node, true);
    return map;
  }

  private static boolean isMerge(NodeTuple tuple) {
    return tuple.getKeyNode().getTag().equals(Tag.MERGE);
  }

  private void put(NodeTuple tuple) {
    if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
      problems.add(
          YamlDocument.line(tuple.getKeyNode()),
          path,
          "keys must be text, found " + YamlDocument.kind(tuple.getKeyNode()));
      return;
    }
    Entry entry = new Entry(key, tuple.getValueNode());
    Entry first = entries.putIfAbsent(key.getValue(), entry);
    if (first != null) {
      problems.add(
          YamlDocument.line(key),
          pathOf(key.getValue()),
          "the key is there twice, first in line " + YamlDocument.line(first.key()));
    }
  }

  /**
   * Adds what {@code <<} brings, below what is there: a mapping's own keys win over merged ones.
   */
  private void mergeInto(MappingNode from, boolean report) {
    for (NodeTuple tuple : from.getValue()) {
      if (!isMerge(tuple)) {
        continue;
      }
      List<Node> sources =
          tuple.getValueNode() instanceof SequenceNode sequence
              ? sequence.getValue()
              : List.of(tuple.getValueNode());
      for (Node source : sources) {
        if (source instanceof MappingNode merged) {
          merge(merged);
        } else if (report) {
          problems.add(
              YamlDocument.line(tuple.getKeyNode()),
              pathOf("<<"),
              "must be a mapping or a list of mappings, found " + YamlDocument.kind(source));
        }
      }
    }
  }

  private void merge(MappingNode merged) {
    for (NodeTuple tuple : merged.getValue()) {
      if (!isMerge(tuple) && tuple.getKeyNode() instanceof ScalarNode key) {
        entries.putIfAbsent(key.getValue(), new Entry(key, tuple.getValueNode()));
      }
    }
    mergeInto(merged, false);
  }

  private String pathOf(String key) {
    String shown = BARE_KEY.matcher(key).matches() ? key : "[" + Suggestion.quote(key) + "]";
    return path.isEmpty() || shown.startsWith("[") ? path + shown : path + "." + shown;
  }

  /** Reports every key that is not one of these. */
  void allow(Collection<String> known) {
    allow(known, key -> null);
  }

  /**
   * Like {@link #allow(Collection)}, with a chance to say more of a key that is known elsewhere.
   */
  void allow(Collection<String> known, Function<String, @Nullable String> elsewhere) {
    entries.forEach(
        (key, entry) -> {
          if (known.contains(key)) {
            return;
          }
          String reason = elsewhere.apply(key);
          String nearest = Suggestion.nearest(key, known);
          if (reason == null && nearest != null) {
            misspelled.add(nearest);
          }
          problems.add(
              YamlDocument.line(entry.key()),
              pathOf(key),
              reason != null ? reason : "unknown key, " + Suggestion.of(key, known));
        });
  }

  /** The key's value; null when it is absent or has none. */
  @Nullable YamlValue get(String key) {
    Entry entry = entries.get(key);
    if (entry == null || entry.value().getTag().equals(Tag.NULL)) {
      return null;
    }
    return new YamlValue(entry.value(), pathOf(key), problems);
  }

  String path() {
    return path;
  }

  /** All keys, those without a value too. */
  Set<String> keys() {
    return entries.keySet();
  }

  /** The value of a key that is there, be it nothing. */
  YamlValue entry(String key) {
    Entry entry = entries.get(key);
    return new YamlValue(entry == null ? node : entry.value(), pathOf(key), problems);
  }

  /** Reports something about a key, in the line of its value or else of this mapping. */
  void problem(String key, String message) {
    Entry entry = entries.get(key);
    int line = YamlDocument.line(entry == null ? node : entry.value());
    problems.add(line, pathOf(key), message);
  }

  /** Reports something about this mapping. */
  void problem(String message) {
    problems.add(YamlDocument.line(node), path, message);
  }

  /** Reports that a key is needed, unless a misspelling of it was reported. */
  void missing(String key, String message) {
    if (!misspelled.contains(key)) {
      problem(key, message);
    }
  }

  Optional<String> text(String key) {
    YamlValue value = get(key);
    return value == null ? Optional.empty() : value.text();
  }

  /** A text that must be there; an empty one after the problem is reported. */
  String required(String key) {
    YamlValue value = get(key);
    if (value == null) {
      missing(key, "missing");
      return "";
    }
    Optional<String> text = value.text();
    if (text.isPresent() && text.get().isBlank()) {
      value.problem("must not be empty");
      return "";
    }
    return text.orElse("");
  }

  /** A text that must be there and be a name in C, as a map's name is. */
  String requiredIdentifier(String key) {
    String text = required(key);
    if (!text.isEmpty() && !IDENTIFIER.matcher(text).matches()) {
      problem(key, Suggestion.quote(text) + " must be a map's name, " + IDENTIFIER.pattern());
    }
    return text;
  }

  boolean flag(String key) {
    YamlValue value = get(key);
    return value != null && value.flag();
  }

  /** A whole number, {@code otherwise} when the key is absent. */
  long whole(String key, long min, long max, long otherwise) {
    YamlValue value = get(key);
    return value == null ? otherwise : value.whole(min, max, otherwise);
  }

  /** The items of a list; none when the key is absent. */
  List<YamlValue> list(String key) {
    YamlValue value = get(key);
    return value == null ? List.of() : value.list();
  }

  /** A mapping; null when the key is absent, or is none, which is reported. */
  @Nullable YamlMap map(String key) {
    YamlValue value = get(key);
    return value == null ? null : value.map();
  }

  /** The items of a list of mappings; those that are none are reported and left out. */
  List<YamlMap> maps(String key) {
    List<YamlMap> maps = new ArrayList<>();
    for (YamlValue item : list(key)) {
      YamlMap map = item.map();
      if (map != null) {
        maps.add(map);
      }
    }
    return maps;
  }
}
