// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.attach.Closing;
import io.ebpfagent.bpf.Libbpf;
import io.ebpfagent.config.Config;
import io.ebpfagent.linux.Capabilities;
import io.ebpfagent.linux.DescriptorsInFlight;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.linux.NativeMemory;
import io.ebpfagent.log.Log;
import io.ebpfagent.metrics.ConfigMetric;
import io.ebpfagent.metrics.InfoSource;
import io.ebpfagent.metrics.Metrics;
import io.ebpfagent.metrics.SeriesVisitor;
import io.ebpfagent.metrics.TextFormat;
import io.ebpfagent.pin.PinFolder;
import io.ebpfagent.trace.SpanReader;
import io.ebpfagent.trace.SpanRing;
import io.ebpfagent.trace.SpanSink;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusScrapeRequest;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The engine: runs configs and gives their metrics and spans. A config that can't be attached is
 * reported and doesn't affect the others; anything that is thrown while attaching it counts as its
 * failure. Closing the engine removes everything from the kernel. Thread-safe.
 */
public final class Engine implements MultiCollector, AutoCloseable {
  private static final long LAST_SPANS_MAY_TAKE_MILLIS = 3_000;
  private static final long LAST_BEAT_MAY_TAKE_MILLIS = 1_000;
  private static final long LAST_READ_MAY_TAKE_MILLIS = 1_000;

  private final Resources resources;
  private final Log log;

  /** Reader of the ring buffers of all configs; created for the first plan with any. */
  private record Spans(SpanReader reader, Loop loop) {}

  /** The pinned folder, and the thread that writes its heartbeat. */
  private record Pins(PinFolder folder, Loop heartbeat) {}

  private final Object changing = new Object();
  // The fields up to "closed" are guarded by changing.
  private @Nullable Spans spans;
  private @Nullable Pins pins;
  private boolean closed;

  private volatile Running running;

  /** Reads the symbols while programs are attached; null when no label needs them. */
  private final @Nullable Loop symbols;

  private Engine(Resources resources, EnginePlan plan) {
    this.resources = resources;
    this.log = plan.log();
    NeededCapabilities.missing(
            plan.configs(), Capabilities.effective(), resources.kallsyms()::isRestricted)
        .forEach(log::warning);
    symbols =
        plan.configs().stream().anyMatch(Config::hasKernelAddresses)
            ? resources.beginToReadSymbols()
            : null;
    Running.Start start = new Running.Start(plan, resources, Map.of());
    try {
      long begin = System.nanoTime();
      start.attachAll();
      NativeMemory.trim();
      resources.cgroups().start(resources.threads());
      SpanSink sink = plan.spans();
      if (sink != null && plan.traceStart()) {
        StartTrace trace = new StartTrace(begin, System.nanoTime(), start.steps());
        sink.accept(trace.spans(resources.clock()));
      }
      running = start.running(readSpans(start.rings(), sink, null));
    } catch (RuntimeException | Error e) {
      endSpans();
      start.undo();
      throw e;
    }
  }

  /**
   * Loads libbpf, so that {@link #start} need not. Only for those who are in a hurry; a failure is
   * reported by {@link #start}.
   */
  public static void prepare() {
    try {
      Libbpf.prepare();
    } catch (RuntimeException | Error e) {
      // It happens again for each config.
    }
  }

  /**
   * Attaches the plan's configs and starts to read them. Never throws because of a config; {@link
   * #configs} returns the state of each.
   */
  public static Engine start(EnginePlan plan) {
    Resources resources = Resources.open(plan);
    try {
      return new Engine(resources, plan);
    } catch (RuntimeException | Error e) {
      resources.close();
      throw e;
    }
  }

  /**
   * Passes the ring buffers to the thread that reads them; starts the thread if there is none yet.
   */
  private List<InfoSource> readSpans(
      List<SpanRing> rings, @Nullable SpanSink sink, @Nullable SpanSink before) {
    Spans reading = spans;
    try {
      if (sink == null) {
        if (reading != null && before != null) {
          // Reads the last records of the previous ring buffers.
          reading.reader.read(List.of(), before);
        }
        return List.of();
      }
      if (reading == null) {
        SpanReader reader = new SpanReader(rings, sink, resources.clock(), log);
        reading = new Spans(reader, resources.threads().start("spans", reader::step));
        spans = reading;
      } else {
        reading.reader.read(rings, sink);
      }
      return List.of(new SpanFamilies(reading.reader, sink.counts(), resources.clock()));
    } catch (KernelException | IllegalStateException e) {
      log.error("no spans of configs that were added: " + e.getMessage());
      List<SpanRing> read = reading == null ? List.of() : reading.reader.rings();
      rings.stream().filter(ring -> !read.contains(ring)).forEach(SpanRing::close);
      return List.of();
    }
  }

  /**
   * Replaces the plan. Configs that are the same, to the last byte, keep their programs and maps,
   * so that their counts continue; new ones start before old ones stop. The log and the threads
   * remain those of the first plan.
   *
   * @throws EngineException when a config of the plan can't be attached, or a program does not
   *     attach that is attached now; then nothing has changed
   * @throws IllegalStateException when the engine is closed
   */
  public void replace(EnginePlan plan) throws EngineException {
    synchronized (changing) {
      if (closed) {
        throw new IllegalStateException("the engine is closed");
      }
      Running before = running;
      Running.Start start =
          new Running.Start(
              plan, resources, plan.runsConfigsAlike(before.plan()) ? before.configs() : Map.of());
      try {
        start.attachAll();
        start.requireAllOf(before);
        if (pins != null) {
          pins.folder.replace(start.attached());
        }
      } catch (EngineException | RuntimeException | Error e) {
        start.undo();
        throw e;
      } catch (IOException e) {
        start.undo();
        throw new EngineException("pin: " + e.getMessage(), e);
      }
      resources.cgroups().start(resources.threads());
      Closing closing = new Closing();
      for (RunningConfig config : before.configs().values()) {
        if (!start.configs().containsValue(config)) {
          closing.close(config::close);
        }
      }
      // Only now have the detached programs written their last records.
      running = start.running(readSpans(start.rings(), plan.spans(), before.plan().spans()));
      closing.rethrow();
    }
  }

  /** For tests. */
  Running running() {
    return running;
  }

  /** Returns what runs now, to be read at once: a change of the plan makes it another. */
  public Metrics metrics() {
    return running.metrics();
  }

  /** Returns the state of each config that was asked for, in that order. */
  public List<ConfigState> configs() {
    return running.states(true);
  }

  /**
   * Streams all series as text, in the order of their names, without OpenMetrics' {@code # EOF}.
   *
   * @throws IOException when the stream fails; problems of maps and rows are counted instead
   */
  public void write(OutputStream out, TextFormat format) throws IOException {
    running.metrics().write(out, format);
  }

  /**
   * Like {@link #write(OutputStream, TextFormat)}, for some families.
   *
   * @param names whether a family is wanted, by its name with or without {@code _total}
   */
  public void write(OutputStream out, TextFormat format, Predicate<String> names)
      throws IOException {
    running.metrics().write(out, format, names);
  }

  /** The metrics of each config that runs, as {@link Metrics#perConfig} has them. */
  public List<ConfigMetric> perConfig() {
    return running.metrics().perConfig();
  }

  /** Reads one metric of one config, as {@link Metrics#visit} does. */
  public boolean visit(ConfigMetric metric, SeriesVisitor visitor) {
    return running.metrics().visit(metric, visitor);
  }

  /**
   * Writes every metric's map as text, a line for each row: the raw key, the labels and the value.
   */
  public void writeMaps(OutputStream out) throws IOException {
    running.metrics().writeMaps(out);
  }

  @Override
  public MetricSnapshots collect() {
    return running.metrics().collect();
  }

  @Override
  public MetricSnapshots collect(Predicate<String> names) {
    return running.metrics().collect(names);
  }

  @Override
  public MetricSnapshots collect(
      Predicate<String> names, @Nullable PrometheusScrapeRequest request) {
    return running.metrics().collect(names);
  }

  /** Returns all families, including those of the engine itself; reads no map. */
  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return running.metrics().getMetricFamilyDescriptors();
  }

  /**
   * Pins the metrics' rows in a folder of a BPF file system, for other processes to read: see
   * {@code PinnedMetrics}. The pinned rows follow {@link #replace}, and are removed when the engine
   * closes.
   *
   * @param group the group that may read besides the owner; null for everyone, but then without the
   *     rows whose labels are addresses of the kernel
   * @throws IOException when the folder can't be used or rows can't be pinned; nothing is left
   */
  public void pin(Path dir, @Nullable String group) throws IOException {
    synchronized (changing) {
      if (closed || pins != null) {
        throw new IllegalStateException(closed ? "the engine is closed" : "its maps are pinned");
      }
      PinFolder folder = PinFolder.pin(dir, group, running.attached(), log);
      try {
        pins = new Pins(folder, resources.threads().start("heartbeat", folder::beat));
      } catch (RuntimeException | Error e) {
        folder.close();
        throw e;
      }
    }
  }

  /**
   * Drops all other capabilities, on every thread of the process and for good. Open files and maps
   * can still be read.
   *
   * @param kept the capabilities to keep, of those that the process has
   * @throws EngineException when some thread still has others
   */
  public void keepCapabilities(Capabilities kept) throws EngineException {
    if (running.configs().values().stream()
        .anyMatch(config -> config.attached().config().hasKernelAddresses())) {
      try {
        resources.kallsyms().keepOpen();
      } catch (IOException e) {
        log.warning(e.getMessage() + ": labels will be without symbols");
      }
    }
    Capabilities absent = kept.without(Capabilities.effective());
    try {
      kept.keepOnly(Libbpf.library());
    } catch (KernelException e) {
      throw new EngineException(String.valueOf(e.getMessage()), e);
    }
    if (absent.mask() != 0) {
      log.warning("can't keep what this process does not have: " + absent);
    }
    log.info("capabilities kept: " + Capabilities.effective());
  }

  /**
   * Detaches the programs, passes the remaining spans to the sink, and closes the maps, each after
   * its last reader is done. Waits only for the engine's own threads, each for a few seconds at
   * most. The caller has to close the sink.
   */
  @Override
  public void close() {
    synchronized (changing) {
      if (closed) {
        return;
      }
      closed = true;
      Closing closing = new Closing();
      if (pins != null) {
        closing.close(pins.folder::close);
        pins.heartbeat.end(LAST_BEAT_MAY_TAKE_MILLIS);
      }
      // Nobody waits until the kernel has taken back what takes long.
      try (DescriptorsInFlight inFlight = DescriptorsInFlight.ofSlowLinks()) {
        assert inFlight != null;
        for (RunningConfig config : List.copyOf(running.configs().values()).reversed()) {
          closing.close(config::close);
        }
      }
      closing.close(this::endSpans);
      if (symbols != null) {
        symbols.end(LAST_READ_MAY_TAKE_MILLIS);
      }
      closing.close(resources::close);
      closing.rethrow();
    }
  }

  /** Stops the thread that reads spans: it passes on the last spans and closes the ring buffers. */
  private void endSpans() {
    if (spans != null) {
      spans.reader.stop();
      if (!spans.loop.end(LAST_SPANS_MAY_TAKE_MILLIS)) {
        log.warning("the sink of spans does not return: ring buffers stay mapped until it does");
      }
    }
  }
}
