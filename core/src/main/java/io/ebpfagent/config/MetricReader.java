// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads {@code metrics}. */
final class MetricReader {
  private static final List<String> COUNTER_KEYS =
      List.of("name", "help", "labels", "perf_event_array", "flush_interval");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
  private static final Duration FLUSH_INTERVAL = Duration.ofHours(1);

  private final Map<String, String> pathByName = new HashMap<>();

  private MetricReader() {}

  /** Counters, then histograms; what is wrong with them is reported. */
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
    return new Metric.Counter(
        name(map),
        map.required("help"),
        LabelReader.read(map, LabelReader.Owner.COUNTER),
        map.flag("perf_event_array"),
        flushInterval(map));
  }

  private Metric.Histogram histogram(YamlMap map) {
    map.allow(BucketReader.HISTOGRAM_KEYS);
    String name = name(map);
    String help = map.required("help");
    List<Label> labels = LabelReader.read(map, LabelReader.Owner.HISTOGRAM);
    if (labels.isEmpty() && map.list("labels").isEmpty()) {
      map.missing("labels", "needs at least one label, the last is the bucket");
    }
    return BucketReader.read(map, name, help, labels);
  }

  private String name(YamlMap map) {
    String name = map.required("name");
    if (name.isEmpty()) {
      return name;
    }
    if (!NAME.matcher(name).matches()) {
      map.problem("name", Suggestion.quote(name) + " must be a metric name, " + NAME.pattern());
    }
    String first = pathByName.putIfAbsent(name, map.path());
    if (first != null) {
      map.problem("name", Suggestion.quote(name) + " is already the name of " + first);
    }
    return name;
  }

  private static Duration flushInterval(YamlMap map) {
    Optional<String> text = map.text("flush_interval");
    if (text.isEmpty()) {
      return FLUSH_INTERVAL;
    }
    Optional<Duration> interval = GoDuration.parse(text.get());
    if (interval.isEmpty() || interval.get().isNegative()) {
      map.problem(
          "flush_interval",
          "must be a duration such as 10s or 1h30m, found " + Suggestion.quote(text.get()));
    }
    return interval.filter(Duration::isPositive).orElse(FLUSH_INTERVAL);
  }
}
