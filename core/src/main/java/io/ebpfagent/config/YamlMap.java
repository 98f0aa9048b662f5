// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
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
import org.yaml.snakeyaml.nodes.Tag;

/** A mapping of the file: keys as text and their values, with merge keys resolved. */
public final class YamlMap {
  private static final Pattern BARE_KEY = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final Pattern IDENTIFIER = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  private record Entry(Node key, Node value) {}

  private final MappingNode node;
  private final String path;
  private final Problems problems;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private YamlMap(MappingNode node, String path, Problems problems) {
    this.node = node;
    this.path = path;
    this.problems = problems;
  }

  static YamlMap of(MappingNode node, String path, Problems problems) {
    YamlMap map = new YamlMap(node, path, problems);
    map.add(node, true, Collections.newSetFromMap(new IdentityHashMap<>()));
    return map;
  }

  /**
   * Adds a mapping's own keys, and then those from {@code <<} that are not there yet.
   *
   * @param added the mappings that were added before: a mapping may merge itself, or another one a
   *     thousand times
   */
  private void add(MappingNode from, boolean own, Set<MappingNode> added) {
    if (!added.add(from)) {
      return;
    }
    for (NodeTuple tuple : from.getValue()) {
      if (!isMerge(tuple)) {
        add(tuple, own);
      }
    }
    for (NodeTuple tuple : from.getValue()) {
      if (isMerge(tuple)) {
        YamlValue merge = new YamlValue(tuple.getValueNode(), pathOf("<<"), problems);
        for (YamlValue source : merge.isList() ? merge.list() : List.of(merge)) {
          if (source.node() instanceof MappingNode mapping) {
            add(mapping, false, added);
          } else {
            merge.error("must be a mapping or a list of mappings, found " + source.kind());
          }
        }
      }
    }
  }

  private static boolean isMerge(NodeTuple tuple) {
    return tuple.getKeyNode().getTag().equals(Tag.MERGE);
  }

  private void add(NodeTuple tuple, boolean own) {
    int line = YamlDocument.line(tuple.getKeyNode());
    if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
      String found = new YamlValue(tuple.getKeyNode(), path, problems).kind();
      problems.error(line, path, "keys must be text, found " + found);
      return;
    }
    Entry first = entries.putIfAbsent(key.getValue(), new Entry(key, tuple.getValueNode()));
    if (first != null && own) {
      problems.error(
          line,
          pathOf(key.getValue()),
          "the key is there twice, first in line " + YamlDocument.line(first.key()));
    }
  }

  private String pathOf(String key) {
    String shown = BARE_KEY.matcher(key).matches() ? key : "[" + Suggestion.quote(key) + "]";
    return path.isEmpty() || shown.startsWith("[") ? path + shown : path + "." + shown;
  }

  /** Warns of every key that is not in {@code known}. */
  public void allow(Collection<String> known) {
    allow(known, key -> null);
  }

  /**
   * Like {@link #allow(Collection)}, with a better message for a key that is known in another
   * place.
   *
   * @param elsewhere returns the message for an unknown key, or null for the default one
   */
  void allow(Collection<String> known, Function<String, @Nullable String> elsewhere) {
    entries.forEach(
        (key, entry) -> {
          if (!known.contains(key)) {
            String reason = elsewhere.apply(key);
            problems.warning(
                YamlDocument.line(entry.key()),
                pathOf(key),
                reason != null ? reason : "unknown key, " + Suggestion.of(key, known));
          }
        });
  }

  /** Returns the key's value; null when the key is absent or has no value. */
  public @Nullable YamlValue get(String key) {
    Entry entry = entries.get(key);
    if (entry == null || entry.value().getTag().equals(Tag.NULL)) {
      return null;
    }
    return new YamlValue(entry.value(), pathOf(key), problems);
  }

  String path() {
    return path;
  }

  /** Returns all keys, including those without a value. */
  public Set<String> keys() {
    return entries.keySet();
  }

  /** Reports an error of a key, at the line of its value or else of this mapping. */
  public void error(String key, String message) {
    problems.error(lineOf(key), pathOf(key), message);
  }

  /** Reports a key that is ignored, at the same line as {@link #error}. */
  public void warning(String key, String message) {
    problems.warning(lineOf(key), pathOf(key), message);
  }

  private int lineOf(String key) {
    Entry entry = entries.get(key);
    return YamlDocument.line(entry == null ? node : entry.value());
  }

  public Optional<String> text(String key) {
    YamlValue value = get(key);
    return value == null ? Optional.empty() : value.text();
  }

  /** Returns a text that must be present; empty after reporting a problem. */
  public String required(String key) {
    YamlValue value = get(key);
    if (value == null) {
      error(key, "missing");
      return "";
    }
    Optional<String> text = value.text();
    if (text.isPresent() && text.get().isBlank()) {
      value.error("must not be empty");
      return "";
    }
    return text.orElse("");
  }

  /** Returns a text that must be present and be a C identifier, as map names are. */
  String requiredIdentifier(String key) {
    String text = required(key);
    if (!text.isEmpty() && !IDENTIFIER.matcher(text).matches()) {
      error(key, Suggestion.quote(text) + " must be a map's name, " + IDENTIFIER.pattern());
    }
    return text;
  }

  public boolean flag(String key) {
    YamlValue value = get(key);
    return value != null && value.flag();
  }

  /** Returns a whole number, or {@code otherwise} when the key is absent. */
  public long whole(String key, long min, long max, long otherwise) {
    YamlValue value = get(key);
    return value == null ? otherwise : value.whole(min, max, otherwise);
  }

  /** Returns the items of a list; no items when the key is absent. */
  List<YamlValue> list(String key) {
    YamlValue value = get(key);
    return value == null ? List.of() : value.list();
  }

  /**
   * Returns the items of a list that must be present and not empty.
   *
   * @param needed what the list needs, for the message: {@code at least one pattern}
   */
  List<YamlValue> requiredList(String key, String needed) {
    YamlValue value = get(key);
    if (value == null) {
      error(key, "missing, needs " + needed);
      return List.of();
    }
    List<YamlValue> items = value.list();
    if (items.isEmpty() && value.isList()) {
      value.error("needs " + needed);
    }
    return items;
  }

  /**
   * Returns a mapping; null when the key is absent, or when its value is not a mapping, which is
   * reported.
   */
  public @Nullable YamlMap map(String key) {
    YamlValue value = get(key);
    return value == null ? null : value.map();
  }

  /**
   * Returns the items of a list of mappings; items that are not mappings are reported and left out.
   */
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
