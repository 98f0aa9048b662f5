package io.ebpfagent;

import io.ebpfagent.bpf.Capabilities;
import io.ebpfagent.bpf.Capability;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.DecoderSpec;
import io.ebpfagent.config.Label;
import io.ebpfagent.config.Metric;
import io.ebpfagent.config.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What configs want of the process that runs them. */
final class NeededCapabilities {
  private static final Set<String> SYMBOL_DECODERS = Set.of("ksym", "kstack");

  private NeededCapabilities() {}

  /** Whether a label shows names of kernel functions. */
  static boolean readsSymbols(Config config) {
    return Stream.concat(
            config.metrics().stream().map(Metric::labels),
            config.spans().stream().map(Span::labels))
        .flatMap(List::stream)
        .map(Label::decoders)
        .flatMap(List::stream)
        .map(DecoderSpec::name)
        .anyMatch(SYMBOL_DECODERS::contains);
  }

  /**
   * The capabilities that the process lacks for these configs, a line each, with what needs it.
   *
   * @param symbolsHidden whether the kernel hides its symbols' addresses from this process; asked
   *     only when it matters, for it may take long to say
   */
  static List<String> missing(List<Config> configs, Capabilities effective, Symbols symbolsHidden) {
    List<String> missing = new ArrayList<>();
    if (configs.isEmpty()) {
      return missing;
    }
    if (!effective.grant(Capability.CAP_BPF)) {
      missing.add(line(Capability.CAP_BPF, "maps and programs can't be loaded"));
    }
    if (!effective.grant(Capability.CAP_PERFMON)) {
      missing.add(line(Capability.CAP_PERFMON, "programs can't trace the kernel"));
    }
    String symbols = names(configs, NeededCapabilities::readsSymbols);
    if (!effective.grant(Capability.CAP_SYSLOG) && !symbols.isEmpty() && symbolsHidden.hidden()) {
      missing.add(
          line(
              Capability.CAP_SYSLOG,
              "ksym and kstack labels are without the names of functions (" + symbols + ")"));
    }
    return missing;
  }

  /** Asks whether symbols are hidden. */
  @FunctionalInterface
  interface Symbols {
    boolean hidden();
  }

  private static String line(Capability capability, String consequence) {
    return capability + " is missing: " + consequence;
  }

  private static String names(List<Config> configs, Predicate<Config> which) {
    return configs.stream().filter(which).map(Config::name).collect(Collectors.joining(", "));
  }
}
