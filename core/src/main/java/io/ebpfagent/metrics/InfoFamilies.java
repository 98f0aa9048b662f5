package io.ebpfagent.metrics;

import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.attach.AttachedProgram;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the engine says of itself: its configs, its programs, and what got lost on the way. */
final class InfoFamilies implements InfoSource {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent.metrics");
  private static final Path BPF_STATS = Path.of("/proc/sys/kernel/bpf_stats_enabled");

  private static final String NAME = "name";
  private static final String ID = "id";
  private static final String CONFIG = "config";
  private static final String MAP = "map";

  private final List<String> enabled;
  private final List<AttachedConfig> configs;
  private final List<ConfigStats> stats;
  private final List<EventSource> events;

  InfoFamilies(
      List<String> enabled,
      List<AttachedConfig> configs,
      List<ConfigStats> stats,
      List<EventSource> events) {
    this.enabled = List.copyOf(enabled);
    this.configs = List.copyOf(configs);
    this.stats = List.copyOf(stats);
    this.events = List.copyOf(events);
  }

  @Override
  public void write(InfoSink sink) throws IOException {
    List<String> attached = configs.stream().map(c -> c.config().name()).toList();
    sink.gauge(
        "enabled_configs", "The configs that were asked for, those that failed included.", NAME);
    for (String name : enabled) {
      sink.sample(1, name);
    }
    sink.gauge(
        "config_attached",
        "Whether a config's object is loaded; the log says why where it is not.",
        NAME);
    for (String name : enabled) {
      sink.sample(attached.contains(name) ? 1 : 0, name);
    }
    writePrograms(sink);
    sink.counter(
        "decoder_errors_total", "Map rows dropped because their labels can't be decoded.", CONFIG);
    for (ConfigStats stat : stats) {
      sink.sample(stat.decoderErrors(), stat.config());
    }
    sink.counter(
        "map_read_errors_total", "Reads of a map that the kernel ended with an error.", CONFIG);
    for (ConfigStats stat : stats) {
      sink.sample(stat.readErrors(), stat.config());
    }
    sink.gauge(
        "map_full", "Whether a map had no room for a new key when it was last read.", CONFIG, MAP);
    for (ConfigStats stat : stats) {
      for (Map.Entry<String, Boolean> map : stat.full().entrySet()) {
        sink.sample(map.getValue() ? 1 : 0, stat.config(), map.getKey());
      }
    }
    writeEvents(sink);
    sink.gauge(
        "scrape_duration_seconds", "How long the last scrape spent on a config's maps.", CONFIG);
    for (ConfigStats stat : stats) {
      sink.sample(stat.scrapeSeconds(), stat.config());
    }
  }

  private void writeEvents(InfoSink sink) throws IOException {
    if (events.isEmpty()) {
      return;
    }
    sink.counter(
        "perf_event_array_lost_events_total",
        "Events of a perf event array that its buffer had no room for.",
        CONFIG,
        MAP);
    for (EventSource source : events) {
      sink.sample(source.lost(), source.config(), source.metric().name());
    }
    sink.counter(
        "perf_event_array_uncounted_events_total",
        "Events whose labels were new when their metric had as many series as it may have.",
        CONFIG,
        MAP);
    for (EventSource source : events) {
      sink.sample(source.uncounted(), source.config(), source.metric().name());
    }
  }

  private void writePrograms(InfoSink sink) throws IOException {
    sink.gauge(
        "ebpf_program_info",
        "The loaded eBPF programs, by their number in the kernel.",
        CONFIG,
        "program",
        "tag",
        ID);
    for (AttachedConfig config : configs) {
      for (AttachedProgram program : config.programs()) {
        sink.sample(
            1, config.config().name(), program.program().name(), program.tag(), id(program));
      }
    }
    sink.gauge("ebpf_program_attached", "Whether a loaded program is attached.", ID);
    for (AttachedConfig config : configs) {
      for (AttachedProgram program : config.programs()) {
        sink.sample(program.attached() ? 1 : 0, id(program));
      }
    }
    if (statsEnabled()) {
      writeRunStats(sink);
    }
  }

  private void writeRunStats(InfoSink sink) throws IOException {
    record Run(String id, BpfProgram.Info info) {}
    List<Run> runs = new ArrayList<>();
    for (AttachedConfig config : configs) {
      if (!config.beginRead()) {
        continue;
      }
      try {
        for (AttachedProgram program : config.programs()) {
          runs.add(new Run(id(program), program.program().info()));
        }
      } catch (BpfException e) {
        LOG.log(
            System.Logger.Level.DEBUG,
            "{0}: no run statistics: {1}",
            config.config().name(),
            e.getMessage());
      } finally {
        config.endRead();
      }
    }
    sink.counter(
        "ebpf_program_run_time_seconds",
        "Time spent in a program, while kernel.bpf_stats_enabled is 1.",
        ID);
    for (Run run : runs) {
      sink.sample(run.info.runTimeNanos() / 1e9, run.id);
    }
    sink.counter(
        "ebpf_program_run_count_total",
        "How often a program ran, while kernel.bpf_stats_enabled is 1.",
        ID);
    for (Run run : runs) {
      sink.sample(run.info.runCount(), run.id);
    }
  }

  private static boolean statsEnabled() {
    try {
      return Files.readString(BPF_STATS).strip().equals("1");
    } catch (IOException e) {
      return false;
    }
  }

  private static String id(AttachedProgram program) {
    return Integer.toUnsignedString(program.id());
  }
}
