// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Reads the labels of a metric or a span. */
final class LabelReader {
  /** What the labels are of; decides which names they may have. */
  enum Owner {
    COUNTER,
    HISTOGRAM,
    SPAN
  }

  /** More than any key or record has, and small enough that sums of sizes fit an int. */
  private static final int MAX_BYTES = 1 << 20;

  private static final List<String> KEYS = List.of("name", "size", "padding", "decoders");
  private static final Pattern PROMETHEUS_NAME = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");
  private static final Map<String, Integer> SPAN_ID_BYTES =
      Map.of("trace_id", 16, "span_id", 8, "parent_span_id", 8);

  private final Owner owner;
  private final Map<String, Integer> seen = new HashMap<>();

  private LabelReader(Owner owner) {
    this.owner = owner;
  }

  /** The labels under {@code labels}; what is wrong with them is reported. */
  static List<Label> read(YamlMap of, Owner owner) {
    LabelReader reader = new LabelReader(owner);
    List<YamlMap> maps = of.maps("labels");
    List<Label> labels = new ArrayList<>();
    long bytes = 0;
    for (int i = 0; i < maps.size(); i++) {
      boolean bucket = owner == Owner.HISTOGRAM && i == maps.size() - 1;
      Label label = reader.label(maps.get(i), i, bucket);
      labels.add(label);
      bytes += (long) label.size() + label.padding();
    }
    if (bytes > MAX_BYTES) {
      of.problem("labels", "too many bytes: %d, at most %d".formatted(bytes, MAX_BYTES));
    }
    return labels;
  }

  private Label label(YamlMap map, int index, boolean bucket) {
    map.allow(KEYS);
    String name = map.required("name");
    if (!name.isEmpty() && !bucket) {
      checkName(map, name, index);
    }
    if (map.get("size") == null) {
      map.missing("size", "missing");
    }
    int size = (int) map.whole("size", 1, MAX_BYTES, 0);
    int padding = (int) map.whole("padding", 0, MAX_BYTES, 0);
    List<DecoderSpec> decoders = decoders(map, size);
    if (owner == Owner.SPAN && size > 0) {
      checkSpanId(map, name, size, decoders);
    }
    return new Label(name, size, padding, decoders);
  }

  /** A histogram's bucket needs none of this: its name becomes {@code le}. */
  private void checkName(YamlMap map, String name, int index) {
    if (owner != Owner.SPAN) {
      checkPrometheusName(map, name);
    }
    Integer first = seen.putIfAbsent(name, index);
    if (first != null) {
      map.problem("name", Suggestion.quote(name) + " is already the name of labels[" + first + "]");
    }
  }

  private void checkPrometheusName(YamlMap map, String name) {
    String quoted = Suggestion.quote(name);
    if (!PROMETHEUS_NAME.matcher(name).matches()) {
      map.problem("name", quoted + " must be a label name, [a-zA-Z_][a-zA-Z0-9_]*");
    } else if (name.startsWith("__")) {
      map.problem("name", quoted + " is reserved, label names don't begin with __");
    } else if (owner == Owner.HISTOGRAM && name.equals("le")) {
      map.problem("name", quoted + " is reserved for the buckets of histograms");
    }
  }

  private static List<DecoderSpec> decoders(YamlMap map, int size) {
    YamlValue value = map.get("decoders");
    if (value == null) {
      map.missing("decoders", "missing, needs at least one decoder");
      return List.of();
    }
    List<YamlValue> items = value.list();
    if (items.isEmpty() && value.isList()) {
      value.problem("needs at least one decoder");
    }
    List<DecoderSpec> decoders = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      YamlMap item = items.get(i).map();
      DecoderSpec decoder = item == null ? null : DecoderReader.read(item);
      if (decoder == null) {
        continue;
      }
      decoders.add(decoder);
      if (i == 0 && size > 0) {
        DecoderReader.checkFirst(map, decoder, size);
      }
    }
    return decoders;
  }

  private static void checkSpanId(YamlMap map, String name, int size, List<DecoderSpec> decoders) {
    Integer bytes = SPAN_ID_BYTES.get(name);
    if (bytes != null && size != bytes && decoders.equals(List.of(DecoderSpec.of("hex")))) {
      map.problem("size", "%s takes %d bytes, found %d".formatted(name, bytes, size));
    }
  }
}
