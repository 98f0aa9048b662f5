// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.config.ConfigLoader;
import io.ebpfagent.config.ObjectSource;
import io.ebpfagent.engine.Engine;
import io.ebpfagent.engine.EnginePlan;
import io.ebpfagent.engine.HostProcess;
import io.ebpfagent.log.Log;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Bundled configs that watch the JVM in which they run, with what they measured. */
final class WatchedHost implements AutoCloseable {
  private static final Path EXAMPLES =
      Path.of(System.getProperty("basedir", "."), "..", "examples");
  private static final long LONGEST_WAIT_NANOS = 20_000_000_000L;

  private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
  private final Engine engine;

  private WatchedHost(Consumer<EnginePlan.Builder> what, String... configs) throws Exception {
    EnginePlan.Builder plan = EnginePlan.builder().log(this::log);
    for (String name : configs) {
      try (InputStream yaml = Files.newInputStream(EXAMPLES.resolve(name + ".yaml"))) {
        Path object = EXAMPLES.resolve(name + ".bpf.o");
        plan.config(ConfigLoader.load(name, name + ".yaml", yaml, ObjectSource.ofFile(object)));
      }
    }
    what.accept(plan);
    engine = Engine.start(plan.build());
  }

  private void log(Log.Level level, String message, @Nullable Throwable thrown) {
    if (level != Log.Level.DEBUG) {
      lines.add(level + " " + message);
    }
  }

  /** Watches this JVM, with all of the configs' programs. */
  static WatchedHost watch(String... configs) throws Exception {
    HostProcess host = HostProcess.current(Log.NONE);
    return watch(plan -> plan.host(host), configs);
  }

  /** Watches what a plan says, with all of the configs' programs. */
  static WatchedHost watch(Consumer<EnginePlan.Builder> what, String... configs) throws Exception {
    WatchedHost host = start(what, configs);
    try {
      assertThat(host.engine.configs())
          .as(String.join("\n", host.lines))
          .allSatisfy(
              config -> {
                assertThat(config.failure()).isEmpty();
                assertThat(config.programs())
                    .isNotEmpty()
                    .allSatisfy(program -> assertThat(program.failure()).isEmpty());
              });
      return host;
    } catch (AssertionError e) {
      host.close();
      throw e;
    }
  }

  /** The same with what attaches of the programs. */
  static WatchedHost start(Consumer<EnginePlan.Builder> what, String... configs) throws Exception {
    return new WatchedHost(what, configs);
  }

  Engine engine() {
    return engine;
  }

  /** What the engine said, but for what is for debugging. */
  List<String> lines() {
    return List.copyOf(lines);
  }

  private double sum(
      String metric, Map<String, String> labels, ToDoubleFunction<DataPointSnapshot> value) {
    double sum = 0;
    for (MetricSnapshot family : engine.collect(name -> name.equals("ebpf_exporter_" + metric))) {
      for (DataPointSnapshot point : family.getDataPoints()) {
        if (labels.entrySet().stream()
            .allMatch(label -> label.getValue().equals(point.getLabels().get(label.getKey())))) {
          sum += value.applyAsDouble(point);
        }
      }
    }
    return sum;
  }

  /** A counter of all series with these labels. */
  long counted(String metric, Map<String, String> labels) {
    return (long) sum(metric, labels, point -> ((CounterDataPointSnapshot) point).getValue());
  }

  /** How often a histogram's series with these labels observed something. */
  long observed(String metric, Map<String, String> labels) {
    return (long)
        sum(
            metric,
            labels,
            point ->
                ((HistogramDataPointSnapshot) point)
                    .getClassicBuckets().stream().mapToLong(bucket -> bucket.getCount()).sum());
  }

  /** What a histogram's series with these labels add up to, in seconds. */
  double seconds(String metric, Map<String, String> labels) {
    return sum(metric, labels, point -> ((HistogramDataPointSnapshot) point).getSum());
  }

  /** The values of a label, in order. */
  Set<String> values(String metric, String label) {
    Set<String> values = new TreeSet<>();
    for (MetricSnapshot family : engine.collect(name -> name.equals("ebpf_exporter_" + metric))) {
      values.addAll(
          family.getDataPoints().stream()
              .map(point -> String.valueOf(point.getLabels().get(label)))
              .collect(Collectors.toSet()));
    }
    return values;
  }

  /** Waits for what comes soon. Whether it came is the caller's to ask. */
  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + LONGEST_WAIT_NANOS;
    while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    engine.close();
  }
}
