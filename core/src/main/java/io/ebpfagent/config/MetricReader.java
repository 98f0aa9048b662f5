// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import io.ebpfagent.config.Metric.BucketType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads {@code metrics}. */
final class MetricReader {
  private static final List<String> COUNTER_KEYS =
      List.of("name", "help", "labels", "perf_event_array", "flush_interval");
  private static final List<String> HISTOGRAM_KEYS =
      List.of(
          "name",
          "help",
          "labels",
          "bucket_type",
          "bucket_min",
          "bucket_max",
          "bucket_multiplier",
          "bucket_keys");
  private static final List<String> BUCKET_TYPES =
      Stream.of(BucketType.values()).map(type -> type.name().toLowerCase(Locale.ROOT)).toList();

  private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
  private static final Duration FLUSH_INTERVAL = Duration.ofHours(1);

  /** Each bucket is a time series for each set of labels. */
  private static final int MAX_BUCKETS = 4096;

  private final Map<String, String> pathByName = new HashMap<>();
  private final MetricNames names = new MetricNames();

  private MetricReader() {}

  /** Reads the counters, then the histograms, and reports their problems. */
  static List<Metric> read(YamlMap metrics) {
    metrics.allow(List.of("counters", "histograms"));
    MetricReader reader = new MetricReader();
    List<Metric> read = new ArrayList<>();
    for (YamlMap counter : metrics.maps("counters")) {
      read.add(reader.counter(counter));
    }
    for (YamlMap histogram : metrics.maps("histograms")) {
      read.add(reader.histogram(histogram));
    }
    return read;
  }

  private Metric.Counter counter(YamlMap map) {
    map.allow(COUNTER_KEYS);
    Metric.Counter counter =
        new Metric.Counter(
            map.required("name"),
            map.required("help"),
            LabelReader.read(map, LabelReader.Owner.COUNTER),
            map.flag("perf_event_array"),
            flushInterval(map));
    checkName(map, counter);
    return counter;
  }

  private void checkName(YamlMap map, Metric metric) {
    String name = metric.name();
    if (name.isEmpty()) {
      return;
    }
    if (!NAME.matcher(name).matches()) {
      map.error("name", Suggestion.quote(name) + " must be a metric name, " + NAME.pattern());
    }
    String first = pathByName.putIfAbsent(name, map.path());
    if (first != null) {
      map.error("name", Suggestion.quote(name) + " is already the name of " + first);
      return;
    }
    names.clash(metric).ifPresent(clash -> map.error("name", clash));
    names.take(metric, map.path());
  }

  private static Duration flushInterval(YamlMap map) {
    Optional<String> text = map.text("flush_interval");
    if (text.isEmpty()) {
      return FLUSH_INTERVAL;
    }
    Optional<Duration> interval = GoDuration.parse(text.get());
    if (interval.isEmpty() || interval.get().isNegative()) {
      map.error(
          "flush_interval",
          "must be a duration such as 10s or 1h30m, found " + Suggestion.quote(text.get()));
    }
    return interval.filter(i -> !i.isNegative() && !i.isZero()).orElse(FLUSH_INTERVAL);
  }

  private Metric.Histogram histogram(YamlMap map) {
    map.allow(HISTOGRAM_KEYS);
    String name = map.required("name");
    String help = map.required("help");
    List<Label> labels = LabelReader.read(map, LabelReader.Owner.HISTOGRAM);
    if (labels.isEmpty() && map.list("labels").isEmpty()) {
      map.error("labels", "needs at least one label, the last is the bucket");
    }
    BucketType type = bucketType(map);
    double multiplier = multiplier(map);
    int min = 0;
    int max = 0;
    List<Long> keys = List.of();
    if (type == BucketType.FIXED) {
      ignored(map, "bucket_min", "is not for bucket_type fixed, which has bucket_keys");
      ignored(map, "bucket_max", "is not for bucket_type fixed, which has bucket_keys");
      keys = bucketKeys(map);
    } else if (type != null) {
      ignored(map, "bucket_keys", "is only for bucket_type fixed");
      min = (int) map.whole("bucket_min", 0, Integer.MAX_VALUE - 1, 0);
      max = (int) map.whole("bucket_max", 0, Integer.MAX_VALUE - 1, -1);
      checkRange(map, type, min, max, multiplier);
    }
    Metric.Histogram histogram =
        new Metric.Histogram(
            name, help, labels, type == null ? BucketType.FIXED : type, min, max, multiplier, keys);
    checkName(map, histogram);
    return histogram;
  }

  private static @Nullable BucketType bucketType(YamlMap map) {
    YamlValue value = map.get("bucket_type");
    if (value == null) {
      map.error("bucket_type", "missing, must be one of " + String.join(", ", BUCKET_TYPES));
      return null;
    }
    return value
        .oneOf(BUCKET_TYPES)
        .map(text -> BucketType.valueOf(text.toUpperCase(Locale.ROOT)))
        .orElse(null);
  }

  private static double multiplier(YamlMap map) {
    YamlValue value = map.get("bucket_multiplier");
    OptionalDouble multiplier = value == null ? OptionalDouble.empty() : value.decimal();
    if (value != null && multiplier.orElse(1) < 0) {
      value.error("must not be negative");
    }
    // The Go exporter can't distinguish 0 from absent, so existing configs may contain 0.
    return multiplier.orElse(1) > 0 ? multiplier.orElse(1) : 1;
  }

  private static void ignored(YamlMap map, String key, String reason) {
    if (map.get(key) != null) {
      map.warning(key, reason);
    }
  }

  private static void checkRange(
      YamlMap map, BucketType type, int min, int max, double multiplier) {
    String key = "bucket_max";
    if (map.get(key) == null) {
      map.error(key, "missing, must not be less than bucket_min, " + min);
    } else if (max < 0) {
      return; // reported by whole()
    } else if (max < min) {
      map.error(key, "must not be less than bucket_min, %s, found %s".formatted(min, max));
    } else if (max - min >= MAX_BUCKETS) {
      map.error(
          key,
          "%s buckets from bucket_min, %s: at most %s"
              .formatted((long) max - min + 1, min, MAX_BUCKETS));
    } else if (!Double.isFinite(bound(type, max) * multiplier)) {
      map.error(key, "the bound of bucket %s is beyond what a double holds".formatted(max));
    }
  }

  private static double bound(BucketType type, int key) {
    return switch (type) {
      case EXP2 -> Math.pow(2, key);
      case EXP2ZERO -> Math.pow(2, key - 1);
      case LINEAR, FIXED -> key;
    };
  }

  private static List<Long> bucketKeys(YamlMap map) {
    List<YamlValue> items = map.requiredList("bucket_keys", "at least one key");
    if (items.size() > MAX_BUCKETS) {
      map.error("bucket_keys", "%s keys, at most %s".formatted(items.size(), MAX_BUCKETS));
      return List.of();
    }
    List<Long> keys = new ArrayList<>();
    long last = -1;
    for (YamlValue item : items) {
      long key = item.whole(0, Long.MAX_VALUE - 1, -1);
      if (key >= 0) {
        if (key <= last) {
          item.error("must be greater than the key before it, %s, found %s".formatted(last, key));
        }
        last = key;
        keys.add(key);
      }
    }
    return keys;
  }
}
