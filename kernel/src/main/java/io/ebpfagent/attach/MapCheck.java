// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.OpenBpfObject;
import io.ebpfagent.config.CgroupIdMap;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.Label;
import io.ebpfagent.config.Metric;
import io.ebpfagent.config.Problem;
import io.ebpfagent.metrics.CpuLabel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Checks a config's metrics and spans against the maps of its object, before anything is loaded.
 */
final class MapCheck {
  private final Config config;
  private final String object;
  private final List<BpfMap> maps;
  private final List<Problem> problems = new ArrayList<>();

  private MapCheck(Config config, String object, List<BpfMap> maps) {
    this.config = config;
    this.object = object;
    this.maps = maps;
  }

  /** Returns everything that does not fit; empty when all does. */
  static List<Problem> problems(Config config, OpenBpfObject object) {
    return problems(config, config.object().name(), object.maps());
  }

  /**
   * Like {@link #problems(Config, OpenBpfObject)}, for maps without an object.
   *
   * @param object name of the object with the maps, for messages
   */
  static List<Problem> problems(Config config, String object, List<BpfMap> maps) {
    MapCheck check = new MapCheck(config, object, maps);
    long available = AvailableMemory.bytes();
    maps.forEach(map -> check.memory(map, available));
    int counters = 0;
    int histograms = 0;
    for (Metric metric : config.metrics()) {
      // No pattern switch: its generated code takes as long at the start as the checks themselves.
      if (metric instanceof Metric.Counter counter) {
        check.counter(counter, "metrics.counters[" + counters++ + "]");
      } else {
        check.rows(metric, "metrics.histograms[" + histograms++ + "]");
      }
    }
    for (int i = 0; i < config.spans().size(); i++) {
      check.ofType(
          config.spans().get(i).ringbuf(),
          BpfMap.RINGBUF,
          "tracing.spans[%s].ringbuf".formatted(i));
    }
    config.cgroupIdMap().ifPresent(check::cgroupIdMap);
    return check.problems;
  }

  /**
   * Rejects a map that is larger than the available memory. The kernel accepts any size, and a
   * damaged object may ask for all memory of the node.
   */
  private void memory(BpfMap map, long available) {
    if (map.memory() > available) {
      problem(
          "",
          "map %s of %s would take %s MB (max_entries=%s), this machine has %s MB available"
              .formatted(
                  map.name(),
                  object,
                  map.memory() >> 20,
                  Integer.toUnsignedString(map.maxEntries()),
                  available >> 20));
    }
  }

  private void cgroupIdMap(CgroupIdMap wanted) {
    String path = "cgroup_id_map.name";
    BpfMap map = find(wanted.name(), path);
    if (map == null) {
      return;
    }
    boolean hash = wanted.type() == CgroupIdMap.Type.HASH;
    boolean fits =
        hash
            ? map.type() == BpfMap.HASH || map.type() == BpfMap.LRU_HASH
            : map.type() == BpfMap.CGRP_STORAGE;
    if (!fits) {
      problem(
          "cgroup_id_map.type",
          "map %s is a %s, not a %s"
              .formatted(map.name(), map.typeName(), hash ? "hash" : "cgrp_storage"));
    } else if (map.valueSize() != Long.BYTES || (hash && map.keySize() != Long.BYTES)) {
      problem(
          path,
          "map %s has keys of %s and values of %s bytes; cgroup ids are u64, and so are the values"
              .formatted(map.name(), map.keySize(), map.valueSize()));
    }
  }

  private void counter(Metric.Counter counter, String path) {
    if (counter.perfEventArray()) {
      ofType(counter.name(), BpfMap.PERF_EVENT_ARRAY, path + ".perf_event_array");
    } else {
      rows(counter, path);
    }
  }

  private void ofType(String mapName, int type, String path) {
    BpfMap map = find(mapName, path);
    if (map != null && map.type() != type) {
      String wanted = type == BpfMap.RINGBUF ? "ringbuf" : "perf_event_array";
      problem(path, "map %s is a %s, not a %s".formatted(mapName, map.typeName(), wanted));
    }
  }

  private void rows(Metric metric, String path) {
    BpfMap map = find(metric.name(), path + ".name");
    if (map == null) {
      return;
    }
    if (!map.readable()) {
      problem(
          path + ".name",
          "map %s is a %s; a metric reads a hash or an array%s"
              .formatted(
                  map.name(),
                  map.typeName(),
                  map.type() == BpfMap.PERF_EVENT_ARRAY
                      ? ", or counts events with perf_event_array: true"
                      : ""));
      return;
    }
    if (map.valueSize() != Long.BYTES) {
      problem(
          path + ".name",
          "map %s has values of %s bytes; a metric's value is a u64 of 8"
              .formatted(map.name(), map.valueSize()));
    }
    try {
      map.valuesPerRow();
    } catch (IllegalStateException e) {
      problem(
          path + ".name",
          "map %s has a value for each CPU: %s".formatted(map.name(), e.getMessage()));
    }
    int expected = CpuLabel.keySize(metric, map.perCpu());
    if (expected != map.keySize()) {
      problem(
          path + ".labels",
          "the labels take %s bytes, a key of map %s has %s (%s)"
              .formatted(expected, map.name(), map.keySize(), sizes(metric.labels())));
    }
  }

  private static String sizes(List<Label> labels) {
    return labels.isEmpty()
        ? "no labels: the key is a u32 0"
        : labels.stream()
            .map(l -> l.name() + "=" + l.size() + (l.padding() == 0 ? "" : "+" + l.padding()))
            .collect(Collectors.joining(", "));
  }

  private @Nullable BpfMap find(String mapName, String path) {
    Optional<BpfMap> map = maps.stream().filter(m -> m.name().equals(mapName)).findFirst();
    if (map.isEmpty()) {
      String there = maps.stream().map(BpfMap::name).sorted().collect(Collectors.joining(", "));
      problem(
          path,
          "%s has no map named %s; it has %s"
              .formatted(object, mapName, there.isEmpty() ? "none" : there));
      return null;
    }
    return map.get();
  }

  private void problem(String path, String message) {
    problems.add(new Problem(config.yaml(), 0, path, message));
  }
}
