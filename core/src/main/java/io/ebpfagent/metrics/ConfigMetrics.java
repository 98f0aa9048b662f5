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
 * configs that contains them is replaced.
 */
public final class ConfigMetrics implements AutoCloseable {
  private final List<SampleSource> sources = new ArrayList<>();
  private final ConfigStats stats;

  /**
   * @param rows gives the rows of the config's metrics
   * @param log receives one line for each kind of problem
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

  /** Returns the counters of perf event arrays, which the caller has to drain. */
  public List<EventCounter> eventCounters() {
    List<EventCounter> counters = new ArrayList<>();
    for (SampleSource source : sources) {
      if (source instanceof EventCounter counter) {
        counters.add(counter);
      }
    }
    return counters;
  }

  /** Returns what the caches of the decoders took from the engine's budget. */
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
