// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.config.Metric;
import io.ebpfagent.decode.Bytes;
import io.ebpfagent.log.Log;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusScrapeRequest;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of a set of configs. Each call reads the rows anew. Concurrent calls are independent:
 * none changes what another one sees. Problems of one metric are counted and don't affect the
 * others.
 */
public final class Metrics implements MultiCollector {
  /** The sources of a metric name: more than one if configs share the name. */
  private record Merged(Family family, List<Source> sources) {
    /** Whether two sources may have the same series. */
    boolean mayClash() {
      return sources.size() > 1;
    }
  }

  private record Source(SampleSource metric, ConfigStats stats) {
    ConfigMetric described() {
      Metric its = metric.metric();
      return new ConfigMetric(
          stats.config(),
          its.name(),
          its.help(),
          its instanceof Metric.Histogram,
          metric.names().names());
    }
  }

  private final Map<String, Merged> families = new TreeMap<>();
  private final List<InfoSource> infoSources = new ArrayList<>();
  private final Log log;
  private final AtomicBoolean infoFailed = new AtomicBoolean();

  /**
   * @param enabled names of all configs that were asked for, including those that don't run
   * @param configs those that run; if two share a metric's name, they also share its type
   * @param more other parts of the engine, whose families follow
   */
  public Metrics(
      List<String> enabled, List<ConfigMetrics> configs, List<InfoSource> more, Log log) {
    this.log = log;
    for (ConfigMetrics config : configs) {
      for (SampleSource source : config.sources()) {
        families
            .computeIfAbsent(
                source.metric().name(), name -> new Merged(source.family(), new ArrayList<>()))
            .sources
            .add(new Source(source, config.stats()));
      }
    }
    infoSources.add(new InfoFamilies(enabled, configs));
    infoSources.addAll(more);
  }

  /**
   * Streams all series as text, in the order of their names, without OpenMetrics' {@code # EOF}.
   *
   * @throws IOException when the stream fails; problems of maps and rows are counted instead
   */
  public void write(OutputStream out, TextFormat format) throws IOException {
    write(out, format, name -> true);
  }

  /**
   * Like {@link #write(OutputStream, TextFormat)}, for some families.
   *
   * @param names whether a family is wanted, by its name with or without {@code _total}
   */
  public void write(OutputStream out, TextFormat format, Predicate<String> names)
      throws IOException {
    write(out, format, names, () -> {});
  }

  /**
   * Like {@link #write(OutputStream, TextFormat, Predicate)}, with pauses.
   *
   * @param pause run between parts of the work, every few µs: it may let others have the CPU for a
   *     while. The rows that are read meanwhile wait, and no lock is held.
   */
  public void write(OutputStream out, TextFormat format, Predicate<String> names, Runnable pause)
      throws IOException {
    TextSink sink = new TextSink(out, format, pause);
    read(sink, names);
    sink.flush();
  }

  @Override
  public MetricSnapshots collect() {
    return collect(name -> true);
  }

  @Override
  public MetricSnapshots collect(Predicate<String> names) {
    SnapshotSink sink = new SnapshotSink();
    try {
      read(sink, names);
    } catch (IOException e) {
      throw new UncheckedIOException("snapshots are made in memory", e);
    }
    return sink.snapshots();
  }

  @Override
  public MetricSnapshots collect(
      Predicate<String> names, @Nullable PrometheusScrapeRequest request) {
    return collect(names);
  }

  /** Returns all families, including those of the engine itself; reads no rows. */
  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    DescriptorSink sink = new DescriptorSink();
    for (Merged merged : families.values()) {
      sink.family(merged.family);
      for (Source source : merged.sources) {
        sink.labels(source.metric.names());
      }
    }
    InfoSink info = new InfoSink(sink);
    for (InfoSource source : infoSources) {
      try {
        source.write(info);
      } catch (IOException e) {
        throw new UncheckedIOException("descriptors are made in memory", e);
      } catch (RuntimeException e) {
        infoFailed(e);
      }
    }
    return sink.descriptors();
  }

  /** The metrics of each config; a name that two configs have is there for both. */
  public List<ConfigMetric> perConfig() {
    return families.values().stream()
        .flatMap(merged -> merged.sources.stream())
        .map(Source::described)
        .toList();
  }

  /**
   * Reads the series of one metric of one config. Trouble with maps and rows is counted, as in a
   * scrape.
   *
   * @return false where there is no such metric
   */
  public boolean visit(ConfigMetric metric, SeriesVisitor visitor) {
    Merged merged = families.get(metric.name());
    if (merged == null) {
      return false;
    }
    for (Source source : merged.sources) {
      if (source.described().equals(metric)) {
        VisitorSink sink = new VisitorSink(visitor);
        try {
          read(source, sink, sink);
        } catch (IOException e) {
          throw new UncheckedIOException("a visitor is in memory", e);
        }
        return true;
      }
    }
    return false;
  }

  /**
   * Writes every metric's map as text, a line for each row: the raw key, the labels and the value.
   */
  public void writeMaps(OutputStream out) throws IOException {
    Bytes text = new Bytes(4096);
    for (Merged family : families.values()) {
      for (Source source : family.sources) {
        text.append("# %s %s\n".formatted(source.stats.config(), source.metric.metric().name()));
        source.metric.writeRows(out, text);
      }
    }
    out.write(text.array(), 0, text.length());
  }

  private void read(SampleSink sink, Predicate<String> names) throws IOException {
    Map<ConfigStats, Long> nanos = new LinkedHashMap<>();
    for (Merged merged : families.values()) {
      if (!merged.family.matches(names)) {
        continue;
      }
      sink.family(merged.family);
      FirstSeries first = merged.mayClash() ? new FirstSeries(sink) : null;
      for (Source source : merged.sources) {
        long begin = System.nanoTime();
        if (first != null) {
          first.begin(source.stats, source.metric.metric().name());
        }
        read(source, first == null ? sink : first, sink);
        nanos.merge(source.stats, System.nanoTime() - begin, Long::sum);
      }
    }
    nanos.forEach(ConfigStats::scrapeTook);
    InfoSink info = new InfoSink(new NamedFamilies(sink, names));
    for (InfoSource source : infoSources) {
      try {
        source.write(info);
      } catch (RuntimeException | Error e) {
        sink.dropPartial();
        infoFailed(e);
      }
    }
  }

  private static void read(Source source, SampleSink to, SampleSink sink) throws IOException {
    try {
      source.metric.read(to);
    } catch (RuntimeException | Error e) {
      sink.dropPartial();
      source.stats.failed(source.metric.metric().name(), e);
    }
  }

  private void infoFailed(Throwable e) {
    if (infoFailed.compareAndSet(false, true)) {
      log.log(Log.Level.ERROR, "the engine's own metrics are incomplete", e);
    }
  }
}
