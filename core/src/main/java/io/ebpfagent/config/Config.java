package io.ebpfagent.config;

import java.util.List;
import java.util.Optional;

/**
 * One config: {@code NAME.yaml} and the object that goes with it.
 *
 * @param name the config's name, the file's without its ending
 * @param yaml where the text is from, for messages
 * @param object the compiled BPF object
 * @param metrics in the file's order, counters first
 * @param kaddrs kernel symbols whose addresses the object wants
 */
public record Config(
    String name,
    String yaml,
    ObjectSource object,
    List<Metric> metrics,
    List<Span> spans,
    List<String> kaddrs,
    Optional<CgroupIdMap> cgroupIdMap) {
  public Config {
    metrics = List.copyOf(metrics);
    spans = List.copyOf(spans);
    kaddrs = List.copyOf(kaddrs);
  }

  /** Counters of the file, in its order. */
  public List<Metric.Counter> counters() {
    return metrics.stream()
        .filter(Metric.Counter.class::isInstance)
        .map(Metric.Counter.class::cast)
        .toList();
  }
}
