package io.ebpfagent;

import io.ebpfagent.config.Config;
import io.ebpfagent.config.Label;
import io.ebpfagent.config.Metric;
import io.ebpfagent.config.Span;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What configs want of the process that runs them. */
final class NeededCapabilities {
  private static final Set<String> SYMBOL_DECODERS = Set.of("ksym", "kstack");

  private NeededCapabilities() {}

  /** Whether a label shows names of kernel functions. */
  static boolean readsSymbols(Config config) {
    return uses(config, SYMBOL_DECODERS);
  }

  private static boolean uses(Config config, Set<String> decoders) {
    return labels(config)
        .flatMap(label -> label.decoders().stream())
        .anyMatch(decoder -> decoders.contains(decoder.name()));
  }

  private static Stream<Label> labels(Config config) {
    return Stream.concat(
            config.metrics().stream().map(Metric::labels),
            config.spans().stream().map(Span::labels))
        .flatMap(List::stream);
  }
}
