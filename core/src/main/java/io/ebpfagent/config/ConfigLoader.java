// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.MappingNode;

/** Reads a config file into records, or says everything that is wrong with it. */
public final class ConfigLoader {
  private static final List<String> KEYS = List.of("metrics", "tracing", "kaddrs", "cgroup_id_map");
  private static final List<String> CGROUP_ID_MAP_KEYS = List.of("name", "type", "regexps");
  private static final List<String> CGROUP_ID_MAP_TYPES = List.of("hash", "cgrp_storage");

  /** The address goes to a C variable {@code kaddr_SYMBOL}. */
  private static final Pattern SYMBOL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  private ConfigLoader() {}

  /**
   * Reads one config.
   *
   * @param name the config's name
   * @param yamlName the file's name, for messages
   * @param yaml the file's bytes; not closed
   * @param object the compiled object, not opened here
   * @throws ConfigException with all problems of the file, in its order where it could be read as
   *     YAML at all
   */
  public static Config load(String name, String yamlName, InputStream yaml, ObjectSource object)
      throws ConfigException {
    Problems problems = new Problems(yamlName);
    String text;
    MappingNode root;
    try {
      text = YamlText.read(yaml);
      root = YamlDocument.parse(text);
    } catch (YamlRefusal refusal) {
      throw ConfigException.of(new Problem(yamlName, refusal.line(), "", refusal.reason()));
    } catch (IOException e) {
      throw ConfigException.of(new Problem(yamlName, 0, "", ConfigFiles.reason(e)));
    }
    Config config = read(name, yamlName, text, YamlMap.of(root, "", problems), object);
    if (problems.isEmpty() && config.metrics().isEmpty() && config.spans().isEmpty()) {
      problems.add(0, "", "no metrics and no tracing.spans, needs at least one");
    }
    problems.throwIfAny();
    return config;
  }

  private static Config read(
      String name, String yamlName, String text, YamlMap file, ObjectSource object) {
    file.allow(KEYS);
    YamlMap metrics = file.map("metrics");
    YamlMap tracing = file.map("tracing");
    return new Config(
        name,
        yamlName,
        text,
        object,
        metrics == null ? List.of() : MetricReader.read(metrics),
        tracing == null ? List.of() : SpanReader.read(tracing),
        kaddrs(file),
        cgroupIdMap(file));
  }

  private static List<String> kaddrs(YamlMap file) {
    Set<String> symbols = new LinkedHashSet<>();
    for (YamlValue item : file.list("kaddrs")) {
      String symbol = item.text().orElse("");
      if (SYMBOL.matcher(symbol).matches()) {
        symbols.add(symbol);
      } else if (item.isText()) {
        item.problem(Suggestion.quote(symbol) + " must be a symbol, " + SYMBOL.pattern());
      }
    }
    return List.copyOf(symbols);
  }

  private static Optional<CgroupIdMap> cgroupIdMap(YamlMap file) {
    YamlMap map = file.map("cgroup_id_map");
    if (map == null) {
      return Optional.empty();
    }
    map.allow(CGROUP_ID_MAP_KEYS);
    return Optional.of(
        new CgroupIdMap(
            map.requiredIdentifier("name"),
            cgroupIdMapType(map),
            Regexps.read(map, Integer.MAX_VALUE)));
  }

  /** Absent it is a hash: configs are older than the other type. */
  private static CgroupIdMap.Type cgroupIdMapType(YamlMap map) {
    YamlValue value = map.get("type");
    String text = value == null ? "hash" : value.text().orElse("");
    if (value != null && value.isText() && !CGROUP_ID_MAP_TYPES.contains(text)) {
      value.problem(
          "unknown type %s, %s"
              .formatted(Suggestion.quote(text), Suggestion.of(text, CGROUP_ID_MAP_TYPES)));
    }
    return text.equals("cgrp_storage") ? CgroupIdMap.Type.CGRP_STORAGE : CgroupIdMap.Type.HASH;
  }
}
