package io.ebpfagent.metrics;

import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.config.Metric;
import io.ebpfagent.decode.Bytes;
import io.ebpfagent.decode.Decoders;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The metrics of a set of attached configs. Each call reads the kernel's maps anew; calls from many
 * threads at once are independent of each other.
 */
public final class Metrics implements MultiCollector {
  /** A metric name's sources: more than one where configs share the name. */
  private record Merged(Family family, List<Source> sources) {}

  private record Source(AttachedConfig config, SampleSource metric, ConfigStats stats) {}

  private final Map<String, Merged> families = new TreeMap<>();
  private final List<ConfigStats> stats = new ArrayList<>();
  private final List<EventSource> events = new ArrayList<>();
  private final List<InfoSource> infoSources = new CopyOnWriteArrayList<>();

  /**
   * @param enabled names of all configs that were asked for, those that did not attach included
   * @param configs attached configs whose metrics of one name have one type
   */
  public Metrics(List<String> enabled, List<AttachedConfig> configs, Decoders decoders) {
    for (AttachedConfig config : configs) {
      ConfigStats configStats = new ConfigStats(config.config().name());
      stats.add(configStats);
      for (Metric metric : config.config().metrics()) {
        SampleSource source = source(config, metric, decoders, configStats);
        families
            .computeIfAbsent(metric.name(), name -> new Merged(source.family(), new ArrayList<>()))
            .sources
            .add(new Source(config, source, configStats));
      }
    }
    infoSources.add(new InfoFamilies(enabled, configs, stats, events));
  }

  private SampleSource source(
      AttachedConfig config, Metric metric, Decoders decoders, ConfigStats configStats) {
    if (metric instanceof Metric.Counter counter && counter.perfEventArray()) {
      EventSource source =
          new EventSource(counter, config.perfBuffer(counter.name()), decoders, configStats);
      events.add(source);
      return source;
    }
    return new MetricSource(config, metric, decoders, configStats);
  }

  /**
   * Begins to count the events of perf event arrays as they come, on a daemon thread for each. They
   * end when the configs close.
   */
  public void start() {
    events.forEach(EventSource::start);
  }

  /** From now on, the source's families follow the others. */
  public void add(InfoSource source) {
    infoSources.add(source);
  }

  /**
   * Streams all series as text, in the names' order, without OpenMetrics' {@code # EOF}.
   *
   * @throws IOException when the stream fails; trouble with maps and rows is counted in the series
   */
  public void write(OutputStream out, TextFormat format) throws IOException {
    TextSink sink = new TextSink(out, format);
    read(sink);
    sink.flush();
  }

  @Override
  public MetricSnapshots collect() {
    SnapshotSink sink = new SnapshotSink();
    try {
      read(sink);
    } catch (IOException e) {
      throw new UncheckedIOException("snapshots are made in memory", e);
    }
    return sink.snapshots();
  }

  /**
   * Writes every metric's map as text: a line a row, with the raw key, the labels and the value.
   */
  public void writeMaps(OutputStream out) throws IOException {
    Bytes text = new Bytes(4096);
    for (Merged family : families.values()) {
      for (Source source : family.sources) {
        text.append("# %s %s\n".formatted(source.stats.config(), source.metric.metric().name()));
        if (source.config.beginRead()) {
          try {
            source.metric.writeRows(out, text);
          } finally {
            source.config.endRead();
          }
        }
      }
    }
    out.write(text.array(), 0, text.length());
  }

  private void read(SampleSink sink) throws IOException {
    Map<ConfigStats, Long> nanos = new LinkedHashMap<>();
    for (Merged family : families.values()) {
      sink.family(family.family);
      for (Source source : family.sources) {
        long begin = System.nanoTime();
        if (source.config.beginRead()) {
          try {
            source.metric.read(sink);
          } finally {
            source.config.endRead();
          }
        }
        nanos.merge(source.stats, System.nanoTime() - begin, Long::sum);
      }
    }
    nanos.forEach(ConfigStats::scrapeTook);
    InfoSink infoSink = new InfoSink(sink);
    for (InfoSource source : infoSources) {
      source.write(infoSink);
    }
  }
}
