// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.inprocess;

import io.ebpfagent.agent.EngineStarter;
import io.ebpfagent.agent.KernelSettings;
import io.ebpfagent.agent.KernelSource;
import io.ebpfagent.agent.UnavailableException;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.engine.ConfigState;
import io.ebpfagent.engine.Engine;
import io.ebpfagent.engine.EngineException;
import io.ebpfagent.engine.EnginePlan;
import io.ebpfagent.engine.HostProcess;
import io.ebpfagent.engine.ProgramState;
import io.ebpfagent.jfr.JfrSettings;
import io.ebpfagent.jfr.JfrSpanSink;
import io.ebpfagent.linux.Capabilities;
import io.ebpfagent.linux.Capability;
import io.ebpfagent.linux.DescriptorsInFlight;
import io.ebpfagent.linux.NativeMemory;
import io.ebpfagent.log.Log;
import io.ebpfagent.mbean.ConfigStatus;
import io.ebpfagent.mbean.ProgramStatus;
import io.ebpfagent.metrics.Metrics;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The engine in the process of the application. */
public final class InProcessEngine implements EngineStarter {
  private static final AtomicBoolean HOOKED = new AtomicBoolean();

  /** Called by the agent, which finds the class by its name. */
  public InProcessEngine() {}

  @Override
  public KernelSource start(
      KernelSettings settings, ConfigSet configs, ThreadFactory threads, Log log)
      throws UnavailableException {
    checkPrivileges();
    try {
      Plans plans = Plans.of(settings, threads, log);
      Engine engine = Engine.start(plans.plan(configs));
      letTheHostEndAtOnce(threads);
      Source source = new Source(engine, plans);
      if (settings.strict()) {
        List<String> missed = source.missed();
        if (!missed.isEmpty()) {
          source.close();
          throw new UnavailableException("strict, and not attached: " + String.join(", ", missed));
        }
      }
      return source;
    } catch (RuntimeException | Error e) {
      throw new UnavailableException(e.toString(), e);
    }
  }

  /**
   * Its end would wait for each of the probes in the JVM to be taken back: two seconds and more.
   */
  private static void letTheHostEndAtOnce(ThreadFactory threads) {
    if (HOOKED.compareAndSet(false, true)) {
      try {
        // They stay in flight: their sockets are closed with all else.
        Runnable hook = DescriptorsInFlight::ofSlowLinks;
        Runtime.getRuntime().addShutdownHook(threads.newThread(hook));
      } catch (IllegalStateException e) {
        // It ends already.
      }
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
      int _ = NativeMemory.pageSize();
    } catch (UnsatisfiedLinkError e) {
      throw new UnavailableException(
          InProcessEngine.class.getModule().isNativeAccessEnabled()
              ? String.valueOf(e.getMessage())
              : "native access is denied; add --enable-native-access=ALL-UNNAMED to the java"
                  + " command",
          e);
    }
  }

  /**
   * Makes plans that are alike but for their configs.
   *
   * @param host this process; null where the kernel doesn't say how it sees it
   * @param recordings where spans go; null where nobody wants any
   */
  private record Plans(
      @Nullable HostProcess host,
      @Nullable JfrSpanSink recordings,
      ThreadFactory threads,
      Log log) {
    private static final Duration LAST_SPANS_MAY_TAKE = Duration.ofSeconds(1);

    static Plans of(KernelSettings settings, ThreadFactory threads, Log log) {
      HostProcess host = null;
      try {
        host = HostProcess.current(log);
      } catch (BpfException | UnsatisfiedLinkError e) {
        log.warning("configs that could watch this JVM watch all processes: " + e.getMessage());
      }
      JfrSpanSink recordings = null;
      if (settings.jfr()) {
        try {
          recordings = JfrSpanSink.open(JfrSettings.DEFAULT, log);
        } catch (IllegalStateException e) {
          log.warning(String.valueOf(e.getMessage()));
        }
      }
      return new Plans(host, recordings, threads, log);
    }

    EnginePlan plan(ConfigSet configs) {
      EnginePlan.Builder plan =
          EnginePlan.builder().configs(configs).threads(threads).log(log).leaveDescriptors();
      if (host != null) {
        plan.host(host);
      }
      if (recordings != null) {
        recordings.addTo(plan);
      }
      return plan.build();
    }

    void close() {
      if (recordings != null) {
        recordings.close(LAST_SPANS_MAY_TAKE);
      }
    }
  }

  private record Source(Engine engine, Plans plans) implements KernelSource {
    @Override
    public Metrics metrics() {
      return engine.metrics();
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
        engine.replace(plans.plan(configs));
      } catch (EngineException e) {
        throw new UnavailableException(String.valueOf(e.getMessage()), e);
      }
    }

    @Override
    public void close() {
      engine.close();
      plans.close();
    }
  }
}
