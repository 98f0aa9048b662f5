package io.ebpfagent.metrics;

import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.attach.AttachedProgram;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfProgram;
import io.ebpfagent.decode.LabelRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the engine says of itself: its configs, its programs, and what got lost on the way. */
final class InfoFamilies {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent.metrics");
  private static final Path BPF_STATS = Path.of("/proc/sys/kernel/bpf_stats_enabled");

  private static final Family ENABLED_CONFIGS =
      gauge("enabled_configs", "The configs that were asked for, those that failed included.");
  private static final Family CONFIG_ATTACHED =
      gauge(
          "config_attached",
          "Whether a config's object is loaded; the log says why where it is not.");
  private static final Family PROGRAM_INFO =
      gauge("ebpf_program_info", "The loaded eBPF programs, by their number in the kernel.");
  private static final Family PROGRAM_ATTACHED =
      gauge("ebpf_program_attached", "Whether a loaded program is attached.");
  private static final Family RUN_TIME =
      counter(
          "ebpf_program_run_time_seconds",
          "Time spent in a program, while kernel.bpf_stats_enabled is 1.");
  private static final Family RUN_COUNT =
      counter(
          "ebpf_program_run_count_total",
          "How often a program ran, while kernel.bpf_stats_enabled is 1.");
  private static final Family DECODER_ERRORS =
      counter("decoder_errors_total", "Map rows dropped because their labels can't be decoded.");
  private static final Family READ_ERRORS =
      counter("map_read_errors_total", "Reads of a map that the kernel ended with an error.");
  private static final Family MAP_FULL =
      gauge("map_full", "Whether a map had no room for a new key when it was last read.");
  private static final Family SCRAPE_DURATION =
      gauge("scrape_duration_seconds", "How long the last scrape spent on a config's maps.");

  private static final Family LOST_EVENTS =
      counter(
          "perf_event_array_lost_events_total",
          "Events of a perf event array that its buffer had no room for.");
  private static final Family UNCOUNTED_EVENTS =
      counter(
          "perf_event_array_uncounted_events_total",
          "Events whose labels were new when their metric had as many series as it may have.");

  private static final LabelNames NAME = LabelNames.of("name");
  private static final LabelNames ID = LabelNames.of("id");
  private static final LabelNames CONFIG = LabelNames.of("config");
  private static final LabelNames CONFIG_MAP = LabelNames.of("config", "map");
  private static final LabelNames PROGRAM = LabelNames.of("config", "program", "tag", "id");

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

  static Family gauge(String name, String help) {
    return new Family(Family.PREFIX + name, help, Family.Type.GAUGE);
  }

  static Family counter(String name, String help) {
    return new Family(Family.PREFIX + name, help, Family.Type.COUNTER);
  }

  void write(SampleSink sink) throws IOException {
    List<String> attached = configs.stream().map(c -> c.config().name()).toList();
    begin(sink, ENABLED_CONFIGS, NAME);
    for (String name : enabled) {
      sink.sample(row(name), 1);
    }
    begin(sink, CONFIG_ATTACHED, NAME);
    for (String name : enabled) {
      sink.sample(row(name), attached.contains(name) ? 1 : 0);
    }
    writePrograms(sink);
    begin(sink, DECODER_ERRORS, CONFIG);
    for (ConfigStats stat : stats) {
      sink.sample(row(stat.config()), stat.decoderErrors());
    }
    begin(sink, READ_ERRORS, CONFIG);
    for (ConfigStats stat : stats) {
      sink.sample(row(stat.config()), stat.readErrors());
    }
    begin(sink, MAP_FULL, CONFIG_MAP);
    for (ConfigStats stat : stats) {
      for (Map.Entry<String, Boolean> map : stat.full().entrySet()) {
        sink.sample(row(stat.config(), map.getKey()), map.getValue() ? 1 : 0);
      }
    }
    writeEvents(sink);
    begin(sink, SCRAPE_DURATION, CONFIG);
    for (ConfigStats stat : stats) {
      sink.sample(row(stat.config()), stat.scrapeSeconds());
    }
  }

  private void writeEvents(SampleSink sink) throws IOException {
    if (events.isEmpty()) {
      return;
    }
    begin(sink, LOST_EVENTS, CONFIG_MAP);
    for (EventSource source : events) {
      sink.sample(row(source.config(), source.metric().name()), source.lost());
    }
    begin(sink, UNCOUNTED_EVENTS, CONFIG_MAP);
    for (EventSource source : events) {
      sink.sample(row(source.config(), source.metric().name()), source.uncounted());
    }
  }

  private void writePrograms(SampleSink sink) throws IOException {
    begin(sink, PROGRAM_INFO, PROGRAM);
    for (AttachedConfig config : configs) {
      for (AttachedProgram program : config.programs()) {
        sink.sample(
            row(config.config().name(), program.program().name(), program.tag(), id(program)), 1);
      }
    }
    begin(sink, PROGRAM_ATTACHED, ID);
    for (AttachedConfig config : configs) {
      for (AttachedProgram program : config.programs()) {
        sink.sample(row(id(program)), program.attached() ? 1 : 0);
      }
    }
    if (statsEnabled()) {
      writeRunStats(sink);
    }
  }

  private void writeRunStats(SampleSink sink) throws IOException {
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
    begin(sink, RUN_TIME, ID);
    for (Run run : runs) {
      sink.sample(row(run.id), run.info.runTimeNanos() / 1e9);
    }
    begin(sink, RUN_COUNT, ID);
    for (Run run : runs) {
      sink.sample(row(run.id), run.info.runCount());
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

  private static void begin(SampleSink sink, Family family, LabelNames names) throws IOException {
    sink.family(family);
    sink.labels(names);
  }

  private static LabelRow row(String... values) {
    LabelRow row = new LabelRow(values.length);
    for (String value : values) {
      row.bytes().append(value);
      row.endValue();
    }
    return row;
  }
}
