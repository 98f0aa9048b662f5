// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads one decoder of a label. */
final class DecoderReader {
  /** They parse a decimal number, which raw bytes never are. */
  private static final Set<String> TAKE_DECIMAL =
      Set.of(
          "btf_enum",
          "cgroup",
          "errno",
          "pci_class",
          "pci_device",
          "pci_subclass",
          "pci_vendor",
          "syscall");

  private DecoderReader() {}

  /** The decoder, or null when not even its name is right; the rest is reported. */
  static @Nullable DecoderSpec read(YamlMap map) {
    YamlValue nameValue = map.get("name");
    String name = nameValue == null ? "" : nameValue.text().orElse("");
    List<String> settings = DecoderSpec.KEYS.get(name);
    if (settings == null) {
      map.allow(allKeys());
      refuseName(map, nameValue, name);
      return null;
    }
    List<String> known = new ArrayList<>(List.of("name"));
    known.addAll(settings);
    map.allow(known, key -> settingOfAnother(key, name));
    return new DecoderSpec(
        name,
        name.equals("static_map") ? staticMap(map) : Map.of(),
        settings.contains("allow_unknown") && map.flag("allow_unknown"),
        name.equals("regexp") ? Regexps.read(map, 1) : List.of(),
        name.equals("btf_enum") ? map.required("enum") : null,
        settings.contains("trim") ? map.text("trim").orElse("") : "");
  }

  private static void refuseName(YamlMap map, @Nullable YamlValue nameValue, String name) {
    if (nameValue == null) {
      map.missing("name", "missing");
    } else if (!name.isEmpty()) {
      nameValue.problem(
          "unknown decoder "
              + Suggestion.quote(name)
              + ", "
              + Suggestion.of(name, new TreeSet<>(DecoderSpec.KEYS.keySet())));
    } else if (nameValue.isText()) {
      nameValue.problem("must not be empty");
    }
  }

  private static Set<String> allKeys() {
    Set<String> keys = new TreeSet<>(Set.of("name"));
    DecoderSpec.KEYS.values().forEach(keys::addAll);
    return keys;
  }

  private static @Nullable String settingOfAnother(String key, String decoder) {
    return DecoderSpec.KEYS.entrySet().stream()
        .filter(entry -> entry.getValue().contains(key))
        .map(entry -> "is a setting of " + entry.getKey() + ", not of " + decoder)
        .findFirst()
        .orElse(null);
  }

  private static Map<String, String> staticMap(YamlMap map) {
    YamlValue value = map.get("static_map");
    if (value == null) {
      map.missing("static_map", "missing, needs at least one entry");
      return Map.of();
    }
    YamlMap entries = value.map();
    if (entries == null) {
      return Map.of();
    }
    if (entries.keys().isEmpty()) {
      value.problem("needs at least one entry");
    }
    Map<String, String> texts = new LinkedHashMap<>();
    for (String key : entries.keys()) {
      entries.entry(key).text().ifPresent(text -> texts.put(key, text));
    }
    return texts;
  }

  /** Reports a first decoder that can't take bytes of the label's size. */
  static void checkFirst(YamlMap label, DecoderSpec first, int size) {
    String takes =
        switch (first.name()) {
          case "uint" -> Set.of(1, 2, 4, 8).contains(size) ? null : "1, 2, 4 or 8";
          case "inet_ip" -> size == 4 || size == 16 ? null : "4 or 16";
          case "ifname", "majorminor" -> size == 4 ? null : "4";
          case "ksym" -> size == 8 ? null : "8";
          case "kstack" -> size % Long.BYTES == 0 ? null : "a multiple of 8";
          default -> null;
        };
    if (takes != null) {
      label.problem("size", "%s takes %s bytes, found %d".formatted(first.name(), takes, size));
    }
    if (TAKE_DECIMAL.contains(first.name())) {
      label.problem("decoders", first.name() + " takes a decimal number, put uint before it");
    }
  }
}
