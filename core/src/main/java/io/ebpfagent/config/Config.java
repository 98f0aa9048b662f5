// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * One config: {@code NAME.yaml} and the object that goes with it.
 *
 * @param name the config's name: its file's path below the folder of all configs, without the
 *     ending, such as {@code net/sample}
 * @param yaml where the text comes from, for messages
 * @param text the file's text
 * @param object the compiled BPF object
 * @param metrics in the file's order, counters first
 * @param kaddrs kernel symbols whose addresses are passed to the object
 * @param warnings the parts of the file that are ignored, in the file's order
 */
public record Config(
    String name,
    String yaml,
    String text,
    ObjectSource object,
    List<Metric> metrics,
    List<Span> spans,
    List<String> kaddrs,
    Optional<CgroupIdMap> cgroupIdMap,
    List<Problem> warnings) {
  private static final Set<DecoderType> ADDRESS_DECODERS =
      EnumSet.of(DecoderType.KSYM, DecoderType.KSTACK);
  private static final Set<DecoderType> CGROUP_DECODERS = EnumSet.of(DecoderType.CGROUP);

  public Config {
    metrics = List.copyOf(metrics);
    spans = List.copyOf(spans);
    kaddrs = List.copyOf(kaddrs);
    warnings = List.copyOf(warnings);
  }

  /**
   * Returns the part of the config that a process without the programs can read from the maps
   * alone: no spans, and no counters that are counted in user space.
   */
  public Config readable() {
    return readable(map -> true);
  }

  /**
   * Like {@link #readable()}, limited to some maps.
   *
   * @param has whether the map of a name can be read
   */
  public Config readable(Predicate<String> has) {
    List<Metric> inMaps =
        metrics.stream()
            .filter(metric -> !(metric instanceof Metric.Counter c && c.perfEventArray()))
            .filter(metric -> has.test(metric.name()))
            .toList();
    return new Config(
        name, yaml, text, object, inMaps, List.of(), List.of(), Optional.empty(), warnings);
  }

  /** Whether a label shows names of kernel functions, so that its bytes are kernel addresses. */
  public boolean hasKernelAddresses() {
    return decodes(ADDRESS_DECODERS);
  }

  /** Whether a label shows a cgroup, or a map is filled with cgroup ids. */
  public boolean hasCgroups() {
    return cgroupIdMap.isPresent() || decodes(CGROUP_DECODERS);
  }

  private boolean decodes(Set<DecoderType> decoders) {
    return Stream.concat(metrics.stream().map(Metric::labels), spans.stream().map(Span::labels))
        .flatMap(List::stream)
        .flatMap(label -> label.decoders().stream())
        .anyMatch(decoder -> decoders.contains(decoder.type()));
  }

  /** Returns the counters in the file's order. */
  public List<Metric.Counter> counters() {
    return metrics.stream()
        .filter(Metric.Counter.class::isInstance)
        .map(Metric.Counter.class::cast)
        .toList();
  }
}
