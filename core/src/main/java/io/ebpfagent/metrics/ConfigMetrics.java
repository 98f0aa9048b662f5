// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.config.Config;
import io.ebpfagent.config.Metric;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.log.Log;
import io.ebpfagent.rows.ConfigRows;
import java.util.ArrayList;
import java.util.List;

/**
 * The metrics of one config, with their caches and counts. They stay the same when the set of
 * configs that they are in is replaced by another.
 */
public final class ConfigMetrics implements AutoCloseable {
  private final List<SampleSource> sources = new ArrayList<>();
  private final ConfigStats stats;

  /**
   * @param rows where the rows of the config's metrics are
   * @param log gets one line of each kind of trouble
   */
  public ConfigMetrics(Config config, ConfigRows rows, Decoders decoders, Log log) {
    stats = new ConfigStats(config.name(), log);
    for (Metric metric : config.metrics()) {
      sources.add(
          metric instanceof Metric.Counter counter && counter.perfEventArray()
              ? new EventCounter(counter, rows.events(counter.name()), decoders, stats)
              : new MetricSource(metric, rows.rows(metric.name()), decoders, stats));
    }
  }

  /** The counters of perf event arrays, which someone has to drain. */
  public List<EventCounter> eventCounters() {
    List<EventCounter> counters = new ArrayList<>();
    for (SampleSource source : sources) {
      if (source instanceof EventCounter counter) {
        counters.add(counter);
      }
    }
    return counters;
  }

  /** Gives back what the caches of its decoders have of the engine's budget. */
  @Override
  public void close() {
    sources.forEach(SampleSource::close);
  }

  List<SampleSource> sources() {
    return sources;
  }

  ConfigStats stats() {
    return stats;
  }
}
