// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import io.ebpfagent.config.Metric.BucketType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the keys of a histogram that say which buckets it has. */
final class BucketReader {
  static final List<String> HISTOGRAM_KEYS =
      List.of(
          "name",
          "help",
          "labels",
          "bucket_type",
          "bucket_min",
          "bucket_max",
          "bucket_multiplier",
          "bucket_keys");

  /** Each is a time series for each set of labels. */
  private static final int MAX_BUCKETS = 4096;

  private static final Map<String, BucketType> TYPES =
      Arrays.stream(BucketType.values())
          .collect(Collectors.toMap(type -> type.name().toLowerCase(Locale.ROOT), type -> type));

  private BucketReader() {}

  static Metric.Histogram read(YamlMap map, String name, String help, List<Label> labels) {
    BucketType type = type(map);
    double multiplier = multiplier(map);
    int min = 0;
    int max = 0;
    List<Long> keys = List.of();
    if (type == BucketType.FIXED) {
      refuse(map, "bucket_min", "is not for bucket_type fixed, which has bucket_keys");
      refuse(map, "bucket_max", "is not for bucket_type fixed, which has bucket_keys");
      keys = keys(map);
    } else if (type != null) {
      refuse(map, "bucket_keys", "is only for bucket_type fixed");
      min = (int) map.whole("bucket_min", 0, Integer.MAX_VALUE - 1, 0);
      max = (int) map.whole("bucket_max", 0, Integer.MAX_VALUE - 1, -1);
      checkRange(map, type, min, max, multiplier);
    }
    return new Metric.Histogram(
        name, help, labels, type == null ? BucketType.FIXED : type, min, max, multiplier, keys);
  }

  private static @Nullable BucketType type(YamlMap map) {
    YamlValue value = map.get("bucket_type");
    Set<String> known = new TreeSet<>(TYPES.keySet());
    if (value == null) {
      map.missing("bucket_type", "missing, must be one of " + Suggestion.join(known));
      return null;
    }
    String text = value.text().orElse("");
    BucketType type = TYPES.get(text);
    if (type == null && value.isText()) {
      value.problem("unknown type " + Suggestion.quote(text) + ", " + Suggestion.of(text, known));
    }
    return type;
  }

  private static double multiplier(YamlMap map) {
    YamlValue value = map.get("bucket_multiplier");
    if (value == null) {
      return 1;
    }
    OptionalDouble multiplier = value.decimal();
    if (multiplier.isPresent() && multiplier.getAsDouble() < 0) {
      value.problem("must not be negative");
      return 1;
    }
    // The Go exporter can't tell 0 from absent, and its users may have written 0.
    return multiplier.isEmpty() || multiplier.getAsDouble() == 0 ? 1 : multiplier.getAsDouble();
  }

  private static void refuse(YamlMap map, String key, String reason) {
    if (map.get(key) != null) {
      map.problem(key, reason);
    }
  }

  private static void checkRange(
      YamlMap map, BucketType type, int min, int max, double multiplier) {
    if (map.get("bucket_max") == null) {
      map.missing("bucket_max", "missing, must be greater than bucket_min, " + min);
      return;
    }
    if (max < 0) {
      return;
    }
    if (max <= min) {
      map.problem(
          "bucket_max", "must be greater than bucket_min, %d, found %d".formatted(min, max));
    } else if (max - min >= MAX_BUCKETS) {
      map.problem(
          "bucket_max",
          "%d buckets from bucket_min, %d: at most %d"
              .formatted((long) max - min + 1, min, MAX_BUCKETS));
    } else if (!Double.isFinite(bound(type, max) * multiplier)) {
      map.problem(
          "bucket_max", "the bound of bucket %d is beyond what a double holds".formatted(max));
    }
  }

  private static double bound(BucketType type, int key) {
    return switch (type) {
      case EXP2 -> Math.pow(2, key);
      case EXP2ZERO -> Math.pow(2, key - 1);
      case LINEAR, FIXED -> key;
    };
  }

  private static List<Long> keys(YamlMap map) {
    YamlValue value = map.get("bucket_keys");
    if (value == null) {
      map.missing("bucket_keys", "missing, needs at least one key");
      return List.of();
    }
    List<YamlValue> items = value.list();
    if (items.isEmpty() && value.isList()) {
      value.problem("needs at least one key");
    }
    if (items.size() > MAX_BUCKETS) {
      value.problem("%d keys, at most %d".formatted(items.size(), MAX_BUCKETS));
      return List.of();
    }
    List<Long> keys = new ArrayList<>();
    long last = -1;
    for (YamlValue item : items) {
      long key = item.whole(0, Long.MAX_VALUE - 1, -1);
      if (key < 0) {
        continue;
      }
      if (key <= last) {
        item.problem("must be greater than the key before it, %d, found %d".formatted(last, key));
      }
      last = key;
      keys.add(key);
    }
    return keys;
  }
}
