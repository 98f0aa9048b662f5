// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The names that metrics occupy in an exposition. A parser rejects the whole exposition when two
 * metrics share one.
 */
public final class MetricNames {
  /** The exporter's own families, without {@code ebpf_exporter_}; no config may use these names. */
  public static final Set<String> OWN =
      Set.of(
          "build_info",
          "cgroup_event_overflows_total",
          "config_attached",
          "decoder_errors_total",
          "duplicate_series_total",
          "ebpf_program_attached",
          "ebpf_program_info",
          "ebpf_program_run_count_total",
          "ebpf_program_run_time_seconds",
          "enabled_configs",
          "map_full",
          "map_read_errors_total",
          "perf_event_array_lost_events_total",
          "perf_event_array_uncounted_events_total",
          "pinned_age_seconds",
          "pinned_unreadable_configs",
          "pinned_up",
          "ringbuf_decode_errors_total",
          "ringbuf_fullest_ratio",
          "ringbuf_records_total",
          "scrape_duration_seconds",
          "span_clock_error_seconds",
          "spans_dropped_total",
          "spans_exported_total",
          "thread_failures_total");

  /**
   * The metric that occupies a name.
   *
   * @param type empty for the exporter's own
   * @param where the file or the path of the metric
   */
  private record Owner(String metric, String type, String where) {}

  private final Map<String, Owner> taken = new HashMap<>();

  /** Starts with the names of the exporter's own families. */
  MetricNames() {
    for (String name : OWN) {
      take(names(name, false), new Owner(name, "", "the exporter itself"));
    }
  }

  /** Marks a metric's names as taken, except those that are taken already. */
  void take(Metric metric, String where) {
    take(names(metric), new Owner(metric.name(), type(metric), where));
  }

  private void take(Set<String> names, Owner owner) {
    names.forEach(name -> taken.putIfAbsent(name, owner));
  }

  /** Returns why a metric can't be added to those that have taken names; empty when it can. */
  Optional<String> clash(Metric metric) {
    String quoted = Suggestion.quote(metric.name());
    for (String name : names(metric)) {
      Owner owner = taken.get(name);
      if (owner == null) {
        continue;
      }
      if (owner.type.isEmpty() || !owner.metric.equals(metric.name())) {
        return Optional.of(
            "%s clashes with %s of %s: both take the name %s"
                .formatted(quoted, Suggestion.quote(owner.metric), owner.where, name));
      }
      if (!owner.type.equals(type(metric))) {
        return Optional.of(
            "%s is a %s here and a %s in %s, one name has one type"
                .formatted(quoted, type(metric), owner.type, owner.where));
      }
    }
    return Optional.empty();
  }

  private static String type(Metric metric) {
    return metric instanceof Metric.Histogram ? "histogram" : "counter";
  }

  private static Set<String> names(Metric metric) {
    return names(metric.name(), metric instanceof Metric.Histogram);
  }

  /**
   * Returns all names of a metric, its own first. OpenMetrics declares a counter without {@code
   * _total}.
   */
  private static Set<String> names(String metric, boolean histogram) {
    String stem =
        metric.endsWith("_total")
            ? metric.substring(0, metric.length() - "_total".length())
            : metric;
    Set<String> names = new LinkedHashSet<>(List.of(metric, stem));
    List.of("_total", "_created").forEach(end -> names.add(stem + end));
    if (histogram) {
      List.of("_bucket", "_count", "_sum").forEach(end -> names.add(metric + end));
    }
    return names;
  }
}
