// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static io.ebpfagent.config.AttributeType.STRING;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads the labels of a metric or a span. */
final class LabelReader {
  /** The kind of object that has the labels; it decides which names they may have. */
  enum Owner {
    COUNTER,
    HISTOGRAM,
    SPAN
  }

  /** More than any key or record has, and small enough that sums of sizes fit an int. */
  private static final int MAX_BYTES = 1 << 20;

  private static final List<String> KEYS = List.of("name", "size", "padding", "decoders");
  private static final List<String> SPAN_KEYS =
      List.of("name", "size", "padding", "type", "decoders");
  private static final Pattern PROMETHEUS_NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");
  private static final Map<String, Integer> SPAN_ID_BYTES =
      Map.of("trace_id", 16, "span_id", 8, "parent_span_id", 8);

  private LabelReader() {}

  /** Reads the labels under {@code labels} and reports their problems. */
  static List<Label> read(YamlMap of, Owner owner) {
    List<YamlMap> maps = of.maps("labels");
    List<Label> labels = maps.stream().map(map -> label(map, owner)).toList();
    // The bucket's name need not be valid or unique: the label becomes "le". The map is not open
    // yet, so a last label "cpu" is assumed to be the CPU of a per-CPU map.
    int bucket = owner == Owner.HISTOGRAM ? Metric.Histogram.bucketIndex(labels, true) : -1;
    Map<String, Integer> seen = new HashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      String name = labels.get(i).name();
      if (i != bucket && !name.isEmpty()) {
        checkName(maps.get(i), name, owner);
        Integer first = seen.putIfAbsent(name, i);
        if (first != null) {
          String quoted = Suggestion.quote(name);
          maps.get(i).error("name", quoted + " is already the name of labels[" + first + "]");
        }
      }
    }
    long bytes = labels.stream().mapToLong(label -> (long) label.size() + label.padding()).sum();
    if (bytes > MAX_BYTES) {
      of.error("labels", "too many bytes: %s, at most %s".formatted(bytes, MAX_BYTES));
    }
    return labels;
  }

  private static Label label(YamlMap map, Owner owner) {
    map.allow(owner == Owner.SPAN ? SPAN_KEYS : KEYS);
    String name = map.required("name");
    if (owner != Owner.SPAN) {
      name = name.replace('-', '_');
    }
    if (map.get("size") == null) {
      map.error("size", "missing");
    }
    int size = (int) map.whole("size", 1, MAX_BYTES, 0);
    int padding = (int) map.whole("padding", 0, MAX_BYTES, 0);
    List<DecoderSpec> decoders = decoders(map, size);
    Integer idBytes = owner == Owner.SPAN ? SPAN_ID_BYTES.get(name) : null;
    if (idBytes != null
        && size > 0
        && size != idBytes
        && decoders.equals(List.of(DecoderSpec.of(DecoderType.HEX)))) {
      map.error("size", "%s takes %s bytes, found %s".formatted(name, idBytes, size));
    }
    return new Label(name, size, padding, decoders, owner == Owner.SPAN ? type(map) : STRING);
  }

  private static AttributeType type(YamlMap map) {
    String text = map.text("type").orElse(STRING.text());
    return AttributeType.of(text)
        .orElseGet(
            () -> {
              map.error(
                  "type",
                  "unknown type "
                      + Suggestion.quote(text)
                      + ", "
                      + Suggestion.of(text, AttributeType.texts()));
              return STRING;
            });
  }

  private static void checkName(YamlMap map, String name, Owner owner) {
    String quoted = Suggestion.quote(name);
    if (owner == Owner.SPAN) {
      return;
    }
    if (!PROMETHEUS_NAME.matcher(name).matches()) {
      map.error("name", quoted + " must be a label name, " + PROMETHEUS_NAME.pattern());
    } else if (name.startsWith("__")) {
      map.error("name", quoted + " is reserved, label names don't begin with __");
    } else if (owner == Owner.HISTOGRAM && name.equals("le")) {
      map.error("name", quoted + " is reserved for the buckets of histograms");
    }
  }

  private static List<DecoderSpec> decoders(YamlMap map, int size) {
    List<YamlValue> items = map.requiredList("decoders", "at least one decoder");
    List<DecoderSpec> decoders = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      YamlMap item = items.get(i).map();
      DecoderSpec decoder = item == null ? null : DecoderReader.read(item);
      if (decoder == null) {
        continue;
      }
      decoders.add(decoder);
      if (i == 0 && size > 0) {
        decoder.type().checkFirst(map, size);
      }
    }
    return decoders;
  }
}
