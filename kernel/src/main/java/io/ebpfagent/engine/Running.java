// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.attach.AttachException;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.attach.Attacher;
import io.ebpfagent.attach.Step;
import io.ebpfagent.config.Config;
import io.ebpfagent.log.Log;
import io.ebpfagent.metrics.InfoSource;
import io.ebpfagent.metrics.Metrics;
import io.ebpfagent.trace.SpanRing;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What an engine runs until its plan is replaced: configs by name, and their metrics. */
final class Running {
  private final EnginePlan plan;

  /** In the plan's order. */
  private final Map<String, RunningConfig> configs;

  /** Why the missing configs do not run, by name. */
  private final Map<String, String> failures;

  private final Metrics metrics;

  private Running(
      EnginePlan plan,
      Resources resources,
      Map<String, RunningConfig> configs,
      Map<String, String> failures,
      List<InfoSource> families) {
    this.plan = plan;
    this.configs = configs;
    this.failures = failures;
    List<InfoSource> sources = new ArrayList<>();
    sources.add(new ProgramFamilies(this, resources.threads()));
    sources.add(resources.cgroups());
    sources.addAll(families);
    metrics =
        new Metrics(
            plan.names(),
            configs.values().stream().map(RunningConfig::metrics).toList(),
            sources,
            plan.log());
  }

  /**
   * Attaches as many configs of a plan as possible, and keeps those of the previous plan that are
   * the same.
   */
  static final class Start {
    private final EnginePlan plan;
    private final Resources resources;
    private final Map<String, RunningConfig> kept;
    private final Attacher attacher;
    private final Map<String, RunningConfig> configs = new LinkedHashMap<>();
    private final List<RunningConfig> begun = new ArrayList<>();
    private final Map<String, String> failures = new LinkedHashMap<>();

    /**
     * @param kept configs that run already, by name
     */
    Start(EnginePlan plan, Resources resources, Map<String, RunningConfig> kept) {
      this.plan = plan;
      this.resources = resources;
      this.kept = kept;
      this.attacher =
          new Attacher(
              resources.kallsyms(),
              resources.cgroups().cgroups(),
              plan.attachOptions(),
              plan.log());
    }

    /** Attaches all configs; never throws because of a config. */
    void attachAll() {
      if (plan.configs().stream().anyMatch(Config::hasCgroups)) {
        resources.cgroups().open();
      }
      for (Config config : plan.configs()) {
        try {
          attach(config);
        } catch (AttachException e) {
          failed(config, String.valueOf(e.getMessage()), e.libbpfLog());
        } catch (RuntimeException | Error e) {
          failed(config, config.name() + ": " + e, "");
        }
      }
    }

    private void attach(Config config) throws AttachException {
      byte[] object = attacher.read(config);
      RunningConfig same = kept.get(config.name());
      if (same != null && same.is(config, object)) {
        configs.put(config.name(), same);
        return;
      }
      Optional<String> refusal = DescriptorReserve.refusal(plan.descriptorReserve());
      if (refusal.isPresent()) {
        failed(config, "config " + config.name() + ": " + refusal.get(), "");
        return;
      }
      AttachedConfig attached = attacher.attach(config, object);
      RunningConfig running =
          RunningConfig.of(
              attached, object, resources.decoders(), plan.spans(), resources.clock(), plan.log());
      begun.add(running);
      running.start(resources.threads());
      configs.put(config.name(), running);
    }

    private void failed(Config config, String message, String libbpfLog) {
      Log log = plan.log();
      // One log line for each line of the message, so that each has its time and level.
      message.lines().forEach(log::error);
      if (!libbpfLog.isEmpty()) {
        log.debug(config.name() + ": all that libbpf said:\n" + libbpfLog);
      }
      failures.put(config.name(), message);
    }

    /** Closes what this start has attached. */
    void undo() {
      for (RunningConfig config : begun.reversed()) {
        config.rings().forEach(SpanRing::close);
        config.close();
      }
    }

    /**
     * Checks that every config runs, and that no program is detached that is attached now.
     *
     * @throws EngineException when one is; the message lists them
     */
    void requireAllOf(Running before) throws EngineException {
      List<String> problems = new ArrayList<>(failures.values());
      for (RunningConfig config : begun) {
        RunningConfig old = before.configs.get(config.name());
        if (old != null) {
          Set<String> attachedBefore = new HashSet<>(old.attachedPrograms());
          attachedBefore.retainAll(config.missedPrograms());
          attachedBefore.forEach(
              program -> problems.add(config.name() + ":" + program + " does not attach"));
        }
      }
      if (!problems.isEmpty()) {
        throw new EngineException(
            "the plan can't be run, and the one before goes on: " + String.join("; ", problems));
      }
    }

    List<Step> steps() {
      return attacher.steps();
    }

    Map<String, RunningConfig> configs() {
      return configs;
    }

    List<AttachedConfig> attached() {
      return Running.attached(configs);
    }

    List<SpanRing> rings() {
      return configs.values().stream().flatMap(config -> config.rings().stream()).toList();
    }

    Running running(List<InfoSource> families) {
      return new Running(plan, resources, configs, failures, families);
    }
  }

  EnginePlan plan() {
    return plan;
  }

  Map<String, RunningConfig> configs() {
    return configs;
  }

  Metrics metrics() {
    return metrics;
  }

  /**
   * Returns the state of each config that was asked for, in the plan's order.
   *
   * @param runStatistics whether to ask the kernel for each program's statistics
   */
  List<ConfigState> states(boolean runStatistics) {
    List<ConfigState> states = new ArrayList<>();
    for (String name : plan.names()) {
      RunningConfig config = configs.get(name);
      states.add(
          config != null
              ? config.state(runStatistics, plan.log())
              : new ConfigState(
                  name,
                  Optional.of(failures.getOrDefault(name, name + ": its files can't be read")),
                  List.of()));
    }
    return states;
  }

  List<AttachedConfig> attached() {
    return attached(configs);
  }

  private static List<AttachedConfig> attached(Map<String, RunningConfig> configs) {
    return configs.values().stream().map(RunningConfig::attached).toList();
  }
}
