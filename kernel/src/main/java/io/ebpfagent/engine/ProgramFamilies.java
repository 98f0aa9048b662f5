// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.metrics.InfoSink;
import io.ebpfagent.metrics.InfoSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The engine's metrics about its configs, programs and threads. */
record ProgramFamilies(Running running, Loop.Threads threads) implements InfoSource {
  private static final Path BPF_STATS = Path.of("/proc/sys/kernel/bpf_stats_enabled");
  private static final String ID = "id";

  @Override
  public void write(InfoSink sink) throws IOException {
    boolean runStatistics = statsEnabled();
    List<ConfigState> configs = running.states(runStatistics);
    sink.gauge(
        "config_attached",
        "Whether a config measures anything: it is loaded, and one of its programs is attached. The"
            + " log says why where it does not.",
        "name");
    for (ConfigState config : configs) {
      sink.sample(config.attached() ? 1 : 0, config.name());
    }
    sink.gauge(
        "ebpf_program_info",
        "The loaded eBPF programs, by their number in the kernel.",
        "config",
        "program",
        "tag",
        ID);
    for (ConfigState config : configs) {
      for (ProgramState program : config.programs()) {
        sink.sample(1, config.name(), program.name(), program.tag(), id(program));
      }
    }
    sink.gauge("ebpf_program_attached", "Whether a loaded program is attached.", ID);
    for (ConfigState config : configs) {
      for (ProgramState program : config.programs()) {
        sink.sample(program.attached() ? 1 : 0, id(program));
      }
    }
    if (runStatistics) {
      writeRunStats(sink, configs);
    }
    sink.counter(
        "thread_failures_total",
        "Unexpected exceptions in threads of the engine; the threads went on.",
        "thread");
    for (Map.Entry<String, Long> thread : threads.failures().entrySet()) {
      sink.sample(thread.getValue(), thread.getKey());
    }
  }

  private static void writeRunStats(InfoSink sink, List<ConfigState> configs) throws IOException {
    sink.counter(
        "ebpf_program_run_time_seconds",
        "Time spent in a program, while kernel.bpf_stats_enabled is 1.",
        ID);
    for (ConfigState config : configs) {
      for (ProgramState program : config.programs()) {
        sink.sample(program.runTimeNanos() / 1e9, id(program));
      }
    }
    sink.counter(
        "ebpf_program_run_count_total",
        "How often a program ran, while kernel.bpf_stats_enabled is 1.",
        ID);
    for (ConfigState config : configs) {
      for (ProgramState program : config.programs()) {
        sink.sample(program.runCount(), id(program));
      }
    }
  }

  private static boolean statsEnabled() {
    try {
      return Files.readString(BPF_STATS).strip().equals("1");
    } catch (IOException e) {
      return false;
    }
  }

  private static String id(ProgramState program) {
    return Integer.toUnsignedString(program.id());
  }
}
