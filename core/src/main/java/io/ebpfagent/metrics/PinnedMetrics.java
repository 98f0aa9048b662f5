// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ebpfagent.config.Config;
import io.ebpfagent.config.ConfigException;
import io.ebpfagent.config.ConfigLoader;
import io.ebpfagent.config.Metric;
import io.ebpfagent.config.ObjectSource;
import io.ebpfagent.decode.DecodeContext;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.log.Log;
import io.ebpfagent.rows.PinnedFolder;
import io.ebpfagent.rows.PinnedRows;
import io.ebpfagent.rows.RowShape;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusScrapeRequest;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The metrics that a daemon on this machine pinned, read by this process without capabilities,
 * native code or threads. Each call first checks what is pinned now, so configs may come and go,
 * and the daemon may stop and start. While the daemon is not running, its series are left out,
 * because their values would stand still; {@code ebpf_exporter_pinned_up} is 0 then.
 *
 * <p>Labels are decoded by this process, as far as its privileges allow: names of kernel functions
 * require CAP_SYSLOG. Thread-safe.
 */
public final class PinnedMetrics implements MultiCollector {
  /** The daemon's heartbeat may be this old. It is written once a second. */
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(10);

  private final Path dir;
  private final PinnedFolder folder;
  private final Decoders decoders;
  private final Log log;

  // Guarded by this.
  private Map<PinnedRows, ConfigMetrics> known = Map.of();
  private Map<String, String> failures = Map.of();
  private Metrics pinned;
  private String said = "";

  private final Metrics nothing;

  private PinnedMetrics(Path dir, DecodeContext context, Log log) {
    this.dir = dir;
    this.folder = new PinnedFolder(dir);
    this.decoders = new Decoders(context);
    this.log = log;
    nothing = new Metrics(List.of(), List.of(), List.of(sink -> writeState(sink, false)), log);
    pinned = nothing;
  }

  /**
   * Opens a folder with pinned metrics. Nothing needs to be pinned yet.
   *
   * @param dir the folder that the daemon was given
   * @param log receives what can't be read, and when the daemon comes and goes
   */
  public static PinnedMetrics open(Path dir, Log log) {
    return open(dir, DecodeContext.ofHost(), log);
  }

  /** Like {@link #open(Path, Log)}, with a context for the decoding of labels. */
  public static PinnedMetrics open(Path dir, DecodeContext context, Log log) {
    PinnedMetrics metrics = new PinnedMetrics(dir, context, log);
    metrics.look();
    return metrics;
  }

  /** Returns the age of the daemon's last heartbeat; empty when nothing is pinned. */
  public Optional<Duration> age() {
    try {
      return Optional.of(Duration.ofNanos(folder.silenceNanos()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Whether the daemon is not running, or nothing is pinned. */
  public boolean stale() {
    return isStale(age());
  }

  private static boolean isStale(Optional<Duration> age) {
    return age.isEmpty() || age.get().compareTo(LONGEST_SILENCE) > 0;
  }

  /** Returns why pinned configs are not read; one or a few lines for each of them. */
  public synchronized List<String> failures() {
    return failures.values().stream().sorted().toList();
  }

  /** Streams all series as text, as {@link Metrics#write(OutputStream, TextFormat)} does. */
  public void write(OutputStream out, TextFormat format) throws IOException {
    look().write(out, format);
  }

  /** Like {@link #write(OutputStream, TextFormat)}, for some families. */
  public void write(OutputStream out, TextFormat format, Predicate<String> names)
      throws IOException {
    look().write(out, format, names);
  }

  /** The metrics of each config, as {@link Metrics#perConfig} has them. */
  public List<ConfigMetric> perConfig() {
    return look().perConfig();
  }

  /** Reads one metric of one config, as {@link Metrics#visit} does. */
  public boolean visit(ConfigMetric metric, SeriesVisitor visitor) {
    return look().visit(metric, visitor);
  }

  @Override
  public MetricSnapshots collect() {
    return look().collect();
  }

  @Override
  public MetricSnapshots collect(Predicate<String> names) {
    return look().collect(names);
  }

  @Override
  public MetricSnapshots collect(
      Predicate<String> names, @Nullable PrometheusScrapeRequest request) {
    return look().collect(names);
  }

  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return look().getMetricFamilyDescriptors();
  }

  /** Returns what is pinned now, to be read at once. */
  public Metrics metrics() {
    return look();
  }

  private synchronized Metrics look() {
    try {
      Duration age = Duration.ofNanos(folder.silenceNanos());
      if (isStale(Optional.of(age))) {
        say(Log.Level.WARNING, "no metrics, nothing is heard of the exporter that pinned them");
        return nothing;
      }
      if (folder.refresh()) {
        load();
      }
      say(Log.Level.INFO, "metrics of " + known.size() + " configs");
      return pinned;
    } catch (IOException e) {
      say(Log.Level.WARNING, "no metrics, " + e.getMessage());
      return nothing;
    }
  }

  /** Logs a state if it differs from the last one. */
  private void say(Log.Level level, String state) {
    if (!state.equals(said)) {
      said = state;
      log.log(level, dir + ": " + state, null);
    }
  }

  /** Loads configs that are new, and keeps the others with their caches and counts. */
  private void load() {
    Map<PinnedRows, ConfigMetrics> loaded = new HashMap<>();
    Map<String, String> failed = new HashMap<>();
    List<String> names = new ArrayList<>();
    List<ConfigMetrics> metrics = new ArrayList<>();
    for (String problem : folder.problems()) {
      failed.put(problem, problem);
    }
    folder
        .configs()
        .forEach(
            (name, rows) -> {
              names.add(name);
              try {
                ConfigMetrics config = known.get(rows);
                if (config == null) {
                  config = new ConfigMetrics(config(name, rows), rows, decoders, log);
                }
                loaded.put(rows, config);
                metrics.add(config);
              } catch (ConfigException e) {
                failed.put(name, String.valueOf(e.getMessage()));
              } catch (RuntimeException e) {
                failed.put(name, name + ": " + e.getMessage());
              }
            });
    failed.forEach(
        (name, reason) -> {
          if (!reason.equals(failures.get(name))) {
            reason.lines().forEach(log::error);
          }
        });
    known = loaded;
    failures = failed;
    pinned = new Metrics(names, metrics, List.of(sink -> writeState(sink, true)), log);
  }

  /**
   * Returns a config from its pinned YAML, without what is in no map or in a map whose rows are not
   * pinned.
   */
  private Config config(String name, PinnedRows rows) throws ConfigException {
    String yaml = dir.resolve(PinnedFolder.folder(name)).resolve(PinnedFolder.YAML).toString();
    InputStream in = new ByteArrayInputStream(rows.yaml().getBytes(UTF_8));
    Config config = ConfigLoader.load(name, yaml, in, new Loaded(name)).readable(rows::has);
    for (Metric metric : config.metrics()) {
      RowShape shape = rows.rows(metric.name()).shape();
      int expected = CpuLabel.keySize(metric, shape.perCpu());
      if (shape.keySize() != expected) {
        throw new IllegalArgumentException(
            "the labels of %s take %s bytes, its keys have %s"
                .formatted(metric.name(), expected, shape.keySize()));
      }
    }
    return config;
  }

  /** Stands for the object of a config, which the daemon has loaded into the kernel. */
  private record Loaded(String name) implements ObjectSource {
    @Override
    public InputStream open() throws IOException {
      throw new IOException(name + " is loaded by another process");
    }
  }

  /**
   * @param up the state before the rows were read, so that series and state agree
   */
  private void writeState(InfoSink sink, boolean up) throws IOException {
    Optional<Duration> age = age();
    sink.gauge("pinned_up", "Whether the exporter that pins the rows is running.");
    sink.sample(up ? 1 : 0);
    sink.gauge("pinned_age_seconds", "Time since the exporter last wrote its heartbeat.");
    if (age.isPresent()) {
      sink.sample(age.get().toNanos() / 1e9);
    }
    sink.gauge("pinned_unreadable_configs", "Configs that are pinned and can't be read.");
    sink.sample(failures().size());
  }
}
