// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.inprocess;

import io.ebpfagent.agent.EngineStarter;
import io.ebpfagent.agent.KernelSettings;
import io.ebpfagent.agent.KernelSource;
import io.ebpfagent.agent.UnavailableException;
import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.engine.ConfigState;
import io.ebpfagent.engine.Engine;
import io.ebpfagent.engine.EngineException;
import io.ebpfagent.engine.EnginePlan;
import io.ebpfagent.engine.ProgramState;
import io.ebpfagent.linux.Capabilities;
import io.ebpfagent.linux.Capability;
import io.ebpfagent.linux.NativeMemory;
import io.ebpfagent.log.Log;
import io.ebpfagent.mbean.ConfigStatus;
import io.ebpfagent.mbean.ProgramStatus;
import io.ebpfagent.metrics.ConfigMetric;
import io.ebpfagent.metrics.SeriesVisitor;
import io.ebpfagent.metrics.TextFormat;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.function.Predicate;

/** The engine in the process of the application. */
public final class InProcessEngine implements EngineStarter {
  /** Called by the agent, which finds the class by its name. */
  public InProcessEngine() {}

  @Override
  public KernelSource start(
      KernelSettings settings, ConfigSet configs, ThreadFactory threads, Log log)
      throws UnavailableException {
    checkPrivileges();
    try {
      Engine engine = Engine.start(plan(configs, threads, log));
      Source source = new Source(engine, threads, log);
      if (settings.strict()) {
        List<String> missed = source.missed();
        if (!missed.isEmpty()) {
          engine.close();
          throw new UnavailableException("strict, and not attached: " + String.join(", ", missed));
        }
      }
      return source;
    } catch (RuntimeException | Error e) {
      throw new UnavailableException(e.toString(), e);
    }
  }

  /** The engine would go on, and say a line for each config and thing. */
  private static void checkPrivileges() throws UnavailableException {
    Capabilities effective = Capabilities.effective();
    if (!effective.grant(Capability.CAP_BPF) && !effective.grant(Capability.CAP_PERFMON)) {
      throw new UnavailableException(
          "CAP_BPF and CAP_PERFMON are missing; give them to this process, or read those of an"
              + " ebpf-exporter --pin by ebpf.pinned");
    }
    try {
      int unused = NativeMemory.pageSize();
    } catch (UnsatisfiedLinkError e) {
      throw new UnavailableException(
          InProcessEngine.class.getModule().isNativeAccessEnabled()
              ? String.valueOf(e.getMessage())
              : "native access is denied; add --enable-native-access=ALL-UNNAMED to the java"
                  + " command",
          e);
    }
  }

  private static EnginePlan plan(ConfigSet configs, ThreadFactory threads, Log log) {
    return EnginePlan.builder().configs(configs).threads(threads).log(log).build();
  }

  private record Source(Engine engine, ThreadFactory threads, Log log) implements KernelSource {
    @Override
    public void write(OutputStream out, TextFormat format, Predicate<String> names)
        throws IOException {
      engine.write(out, format, names);
    }

    @Override
    public MetricSnapshots collect(Predicate<String> names) {
      return engine.collect(names);
    }

    @Override
    public List<ConfigMetric> perConfig() {
      return engine.perConfig();
    }

    @Override
    public boolean visit(ConfigMetric metric, SeriesVisitor visitor) {
      return engine.visit(metric, visitor);
    }

    @Override
    public List<ConfigStatus> configs() {
      return engine.configs().stream().map(Source::status).toList();
    }

    private static ConfigStatus status(ConfigState config) {
      return new ConfigStatus(
          config.name(),
          config.failure().orElse(""),
          config.attached(),
          config.programs().stream().map(program -> status(config.name(), program)).toList());
    }

    private static ProgramStatus status(String config, ProgramState program) {
      return new ProgramStatus(
          config,
          program.name(),
          program.section(),
          Integer.toUnsignedLong(program.id()),
          program.tag(),
          program.attached(),
          program.failure().orElse(""),
          program.runCount(),
          program.runTimeNanos() / 1e9);
    }

    /** Configs that don't run, and programs that aren't attached. */
    List<String> missed() {
      return configs().stream()
          .flatMap(
              config ->
                  config.failure().isEmpty()
                      ? config.programs().stream()
                          .filter(program -> !program.attached())
                          .map(program -> config.name() + ":" + program.name())
                      : List.of(config.name()).stream())
          .toList();
    }

    @Override
    public void replace(KernelSettings settings, ConfigSet configs) throws UnavailableException {
      try {
        engine.replace(plan(configs, threads, log));
      } catch (EngineException e) {
        throw new UnavailableException(String.valueOf(e.getMessage()), e);
      }
    }

    @Override
    public void close() {
      engine.close();
    }
  }
}
