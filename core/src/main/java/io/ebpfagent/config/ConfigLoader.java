// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads a config file into records, or reports everything that is wrong with it. */
public final class ConfigLoader {
  private static final List<String> KEYS = List.of("metrics", "tracing", "kaddrs", "cgroup_id_map");
  private static final List<String> SPAN_KEYS = List.of("name", "ringbuf", "service", "labels");
  private static final List<String> CGROUP_ID_MAP_KEYS = List.of("name", "type", "regexps");
  private static final List<String> CGROUP_ID_MAP_TYPES = List.of("hash", "cgrp_storage");

  /**
   * The address is stored in a C variable {@code kaddr_SYMBOL}, so the symbol must be an
   * identifier.
   */
  private static final Pattern SYMBOL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  private ConfigLoader() {}

  /**
   * Reads one config from memory.
   *
   * @param name the config's name; messages call its text {@code NAME.yaml}
   * @param yaml the config as YAML
   * @param object the compiled object's bytes
   * @throws ConfigException with all problems of the text, in the order of its lines
   */
  public static Config load(String name, String yaml, byte[] object) throws ConfigException {
    InputStream bytes = new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8));
    return load(name, name + ".yaml", bytes, ObjectSource.ofBytes(name + ".bpf.o", object));
  }

  /**
   * Reads one config.
   *
   * @param name the config's name
   * @param yamlName the file's name, for messages
   * @param yaml the file's bytes; not closed
   * @param object the compiled object, not opened here
   * @throws ConfigException with all problems of the file, in the order of its lines; only the
   *     first one when the file is not valid YAML
   */
  public static Config load(String name, String yamlName, InputStream yaml, ObjectSource object)
      throws ConfigException {
    Problems problems = new Problems(yamlName);
    String text;
    try {
      text = YamlDocument.text(yaml, problems);
    } catch (IOException e) {
      throw new ConfigException(List.of(new Problem(yamlName, 0, "", ConfigFiles.reason(e))));
    }
    YamlMap file = text == null ? null : YamlDocument.parse(text, "metrics or tracing", problems);
    if (text == null || file == null) {
      throw problems.asException();
    }
    file.allow(KEYS);
    YamlMap tracing = file.map("tracing");
    YamlMap metricsMap = file.map("metrics");
    List<Metric> metrics = metricsMap == null ? List.of() : MetricReader.read(metricsMap);
    List<Span> spans = tracing == null ? List.of() : spans(tracing);
    List<String> kaddrs = kaddrs(file);
    Optional<CgroupIdMap> cgroupIdMap = cgroupIdMap(file);
    if (!problems.hasErrors() && metrics.isEmpty() && spans.isEmpty()) {
      problems.error(0, "", "no metrics and no tracing.spans, needs at least one");
    }
    if (problems.hasErrors()) {
      throw problems.asException();
    }
    return new Config(
        name, yamlName, text, object, metrics, spans, kaddrs, cgroupIdMap, problems.inOrder());
  }

  private static List<Span> spans(YamlMap tracing) {
    tracing.allow(List.of("spans"));
    Map<String, String> pathByRingbuf = new HashMap<>();
    List<Span> spans = new ArrayList<>();
    for (YamlMap map : tracing.maps("spans")) {
      map.allow(SPAN_KEYS);
      String ringbuf = map.requiredIdentifier("ringbuf");
      String first = ringbuf.isEmpty() ? null : pathByRingbuf.putIfAbsent(ringbuf, map.path());
      if (first != null) {
        map.error("ringbuf", Suggestion.quote(ringbuf) + " is already read by " + first);
      }
      List<Label> labels = LabelReader.read(map, LabelReader.Owner.SPAN);
      if (labels.isEmpty() && map.list("labels").isEmpty()) {
        map.error("labels", "needs at least one label");
      }
      spans.add(
          new Span(
              map.text("name").filter(name -> !name.isBlank()).orElse(ringbuf),
              ringbuf,
              map.text("service").filter(service -> !service.isBlank()).orElse(null),
              labels));
    }
    return spans;
  }

  private static List<String> kaddrs(YamlMap file) {
    Set<String> symbols = new LinkedHashSet<>();
    for (YamlValue item : file.list("kaddrs")) {
      String symbol = item.text().orElse("");
      if (SYMBOL.matcher(symbol).matches()) {
        symbols.add(symbol);
      } else if (item.isText()) {
        item.error(Suggestion.quote(symbol) + " must be a symbol, " + SYMBOL.pattern());
      }
    }
    return List.copyOf(symbols);
  }

  private static Optional<CgroupIdMap> cgroupIdMap(YamlMap file) {
    YamlMap map = file.map("cgroup_id_map");
    if (map == null) {
      return Optional.empty();
    }
    if (map.keys().isEmpty()) {
      file.warning("cgroup_id_map", "is empty, no map is filled");
      return Optional.empty();
    }
    map.allow(CGROUP_ID_MAP_KEYS);
    return Optional.of(
        new CgroupIdMap(
            map.requiredIdentifier("name"),
            cgroupIdMapType(map),
            DecoderReader.regexps(map, Integer.MAX_VALUE)));
  }

  /**
   * Without {@code type} the map is a hash: older configs were written before the other type
   * existed.
   */
  private static CgroupIdMap.Type cgroupIdMapType(YamlMap map) {
    YamlValue value = map.get("type");
    boolean storage =
        value != null && value.oneOf(CGROUP_ID_MAP_TYPES).equals(Optional.of("cgrp_storage"));
    return storage ? CgroupIdMap.Type.CGRP_STORAGE : CgroupIdMap.Type.HASH;
  }
}
