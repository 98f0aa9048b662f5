// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.NativeBytes;
import io.ebpfagent.TestObjects;
import io.ebpfagent.attach.AttachException;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.config.Config;
import io.ebpfagent.decode.DecodeContext;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.linux.Cpus;
import io.ebpfagent.log.Log;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Attached configs whose maps a test fills, and their scrapes. */
final class TestMetrics implements AutoCloseable {
  /** The two labels of most keys in maps-only.bpf.o. */
  static final String PAIR =
      """
      labels:
        - {name: a, size: 8, decoders: [{name: uint}]}
        - {name: b, size: 8, decoders: [{name: uint}]}
      """;

  private final List<AttachedConfig> configs;
  private final Metrics metrics;

  private TestMetrics(List<AttachedConfig> configs, List<String> enabled) {
    this.configs = configs;
    metrics = of(enabled, configs, new Decoders(DecodeContext.ofHost()), Log.NONE);
  }

  /** Returns the metrics of attached configs. */
  static Metrics of(
      List<String> enabled, List<AttachedConfig> configs, Decoders decoders, Log log) {
    return new Metrics(
        enabled,
        configs.stream()
            .map(config -> new ConfigMetrics(config.config(), config, decoders, log))
            .toList(),
        List.of(),
        log);
  }

  /** Attaches one config, {@code test}, with maps-only.bpf.o. */
  static TestMetrics of(String yaml) throws AttachException {
    return of(TestObjects.config("test", "maps-only", yaml));
  }

  static TestMetrics of(Config... configs) throws AttachException {
    return of(Arrays.stream(configs).map(Config::name).toList(), configs);
  }

  /** Attaches configs, of which more were asked for. */
  static TestMetrics of(List<String> enabled, Config... configs) throws AttachException {
    List<AttachedConfig> attached = new ArrayList<>();
    for (Config config : configs) {
      attached.add(TestObjects.attach(config));
    }
    return new TestMetrics(attached, enabled);
  }

  /** Returns the YAML of a config with one counter. */
  static String counter(String name, String labels) {
    return """
    metrics:
      counters:
        - name: %s
          help: A test's counter.
    %s
    """
        .formatted(name, labels.indent(6));
  }

  /** Returns the YAML of a config with one histogram. */
  static String histogram(String name, String buckets, String labels) {
    return """
    metrics:
      histograms:
        - name: %s
          help: A test's histogram.
    %s
    %s
    """
        .formatted(name, buckets.indent(6), labels.indent(6));
  }

  /** Stores a row in a map of the first config. */
  void put(String map, byte[] key, long... values) throws BpfException {
    put(0, map, key, values);
  }

  void put(int config, String map, byte[] key, long... values) throws BpfException {
    configs.get(config).map(map).update(key, NativeBytes.u64s(values));
  }

  void delete(String map, byte[] key) throws BpfException {
    configs.getFirst().map(map).delete(key);
  }

  /** Returns a value for every possible CPU: {@code first}, {@code first + 1} and so on. */
  static long[] perCpu(long first) {
    long[] values = new long[Cpus.possible()];
    Arrays.setAll(values, cpu -> first + cpu);
    return values;
  }

  Metrics metrics() {
    return metrics;
  }

  List<AttachedConfig> configs() {
    return configs;
  }

  String text(TextFormat format) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      metrics.write(out, format);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  /**
   * Returns the lines of a family in order, HELP and TYPE first.
   *
   * @param declared the name after HELP, without {@code ebpf_exporter_}
   */
  List<String> family(TextFormat format, String declared) {
    List<String> lines = text(format).lines().toList();
    int from = -1;
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith("# HELP ")) {
        if (from >= 0) {
          return lines.subList(from, i);
        }
        if (lines.get(i).startsWith("# HELP ebpf_exporter_" + declared + " ")) {
          from = i;
        }
      }
    }
    return from < 0 ? List.of() : lines.subList(from, lines.size());
  }

  /** Returns the samples of a family in Prometheus' text format, without {@code ebpf_exporter_}. */
  List<String> samples(String declared) {
    return family(TextFormat.PROMETHEUS, declared).stream()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.substring("ebpf_exporter_".length()))
        .toList();
  }

  @Override
  public void close() {
    configs.reversed().forEach(AttachedConfig::close);
  }
}
