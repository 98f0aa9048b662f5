// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Metrics about the reading itself: the configs, and what got lost on the way. */
final class InfoFamilies implements InfoSource {
  private static final String CONFIG = "config";
  private static final String MAP = "map";

  private final List<String> enabled;
  private final List<ConfigMetrics> configs;

  InfoFamilies(List<String> enabled, List<ConfigMetrics> configs) {
    this.enabled = List.copyOf(enabled);
    this.configs = List.copyOf(configs);
  }

  private List<ConfigStats> stats() {
    return configs.stream().map(ConfigMetrics::stats).toList();
  }

  @Override
  public void write(InfoSink sink) throws IOException {
    List<ConfigStats> stats = stats();
    sink.gauge(
        "enabled_configs", "The configs that were asked for, those that failed included.", "name");
    for (String name : enabled) {
      sink.sample(1, name);
    }
    sink.counter(
        "decoder_errors_total", "Map rows dropped because their labels can't be decoded.", CONFIG);
    for (ConfigStats stat : stats) {
      sink.sample(stat.decoderErrors(), stat.config());
    }
    sink.counter(
        "map_read_errors_total", "Reads of a map that the kernel ended with an error.", CONFIG);
    for (ConfigStats stat : stats) {
      sink.sample(stat.readErrors(), stat.config());
    }
    sink.counter(
        "duplicate_series_total",
        "Series left out because an earlier config has the same series.",
        CONFIG);
    for (ConfigStats stat : stats) {
      sink.sample(stat.duplicates(), stat.config());
    }
    sink.gauge(
        "map_full", "Whether a map had no room for a new key when it was last read.", CONFIG, MAP);
    for (ConfigStats stat : stats) {
      for (Map.Entry<String, Boolean> map : stat.full().entrySet()) {
        sink.sample(map.getValue() ? 1 : 0, stat.config(), map.getKey());
      }
    }
    writeEvents(sink);
    sink.gauge(
        "scrape_duration_seconds", "How long the last scrape spent on a config's maps.", CONFIG);
    for (ConfigStats stat : stats) {
      sink.sample(stat.scrapeSeconds(), stat.config());
    }
  }

  private void writeEvents(InfoSink sink) throws IOException {
    record Events(String config, EventCounter counter) {}
    List<Events> events = new ArrayList<>();
    for (ConfigMetrics config : configs) {
      for (EventCounter counter : config.eventCounters()) {
        events.add(new Events(config.stats().config(), counter));
      }
    }
    if (events.isEmpty()) {
      return;
    }
    sink.counter(
        "perf_event_array_lost_events_total",
        "Events of a perf event array that its buffer had no room for.",
        CONFIG,
        MAP);
    for (Events event : events) {
      sink.sample(event.counter.lost(), event.config, event.counter.metric().name());
    }
    sink.counter(
        "perf_event_array_uncounted_events_total",
        "Events with new labels that were not counted, because the metric had its maximum of series.",
        CONFIG,
        MAP);
    for (Events event : events) {
      sink.sample(event.counter.uncounted(), event.config, event.counter.metric().name());
    }
  }
}
