// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.config.JvmConfig;
import io.ebpfagent.config.Problem;
import io.ebpfagent.log.Log;
import io.ebpfagent.mbean.ConfigStatus;
import io.ebpfagent.metrics.PinnedMetrics;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.stream.Collectors;

/** Finds what can measure the kernel for this JVM, and says in one line why nothing can. */
final class KernelSources {
  private static final int ENGINE_JAVA = 25;
  private static final String STARTER = "io.ebpfagent.inprocess.InProcessEngine";

  private final ThreadFactory threads;
  private final Log log;

  KernelSources(ThreadFactory threads, Log log) {
    this.threads = threads;
    this.log = log;
  }

  /** Starts what the settings ask for, or something that shows nothing. */
  KernelSource start(KernelSettings settings) {
    try {
      return open(settings, this::configs);
    } catch (UnavailableException e) {
      String reason = String.valueOf(e.getMessage());
      log.warning("no kernel metrics: " + reason);
      return new NoSource(reason, false);
    } catch (OutOfMemoryError e) {
      // The host may have memory again.
      NoSource nothing = new NoSource(e.toString(), true);
      log.warning("no kernel metrics for now: " + e);
      return nothing;
    } catch (ReflectiveOperationException | RuntimeException | Error e) {
      log.log(Log.Level.ERROR, "no kernel metrics", e);
      return new NoSource(e.toString(), false);
    }
  }

  /**
   * Starts something else beside what runs, which goes on until the caller closes it.
   *
   * @throws UnavailableException when a config can't be used, or one that runs would not run then
   */
  KernelSource startBeside(KernelSource running, KernelSettings settings)
      throws UnavailableException {
    KernelSource next;
    try {
      next = open(settings, this::goodConfigs);
    } catch (ReflectiveOperationException | RuntimeException | Error e) {
      throw new UnavailableException(e.toString(), e);
    }
    Set<String> run =
        running.configs().stream()
            .filter(ConfigStatus::attached)
            .map(ConfigStatus::name)
            .collect(Collectors.toSet());
    for (ConfigStatus config : next.configs()) {
      if (!config.attached() && run.contains(config.name())) {
        next.close();
        throw new UnavailableException(
            config.name()
                + " would run no more: "
                + (config.failure().isEmpty() ? "no program attaches" : config.failure()));
      }
    }
    return next;
  }

  /** Reads the configs that settings ask for. */
  private interface Reader {
    ConfigSet read(KernelSettings settings) throws UnavailableException;
  }

  private KernelSource open(KernelSettings settings, Reader reader)
      throws UnavailableException, ReflectiveOperationException {
    if (settings.pinned().isPresent()) {
      return new PinnedSource(PinnedMetrics.open(settings.pinned().get(), log));
    }
    if (Runtime.version().feature() < ENGINE_JAVA) {
      throw new UnavailableException(
          "programs are loaded by Java %s or later, this is %s; ebpf.pinned reads those of an ebpf-exporter --pin"
              .formatted(ENGINE_JAVA, Runtime.version().feature()));
    }
    ConfigSet configs = reader.read(settings);
    return Class.forName(STARTER)
        .asSubclass(EngineStarter.class)
        .getDeclaredConstructor()
        .newInstance()
        .start(settings, configs, threads, log);
  }

  /**
   * The configs, for a change of what runs.
   *
   * @throws UnavailableException when one of them can't be used
   */
  ConfigSet goodConfigs(KernelSettings settings) throws UnavailableException {
    ConfigSet set = configs(settings);
    if (!set.problems().isEmpty()) {
      throw new UnavailableException(set.problems().get(0).toString());
    }
    return set;
  }

  /**
   * The configs, and in the log what is wrong with them.
   *
   * @throws UnavailableException when something is wrong, and the settings are strict
   */
  private ConfigSet configs(KernelSettings settings) throws UnavailableException {
    List<String> names =
        settings.configs().isEmpty() ? JvmConfig.defaultNames() : settings.configs();
    ConfigSet set =
        ConfigSet.builder()
            .fromDirectoryOrBundled(
                settings.configDir().orElse(null), KernelSources.class.getClassLoader(), names)
            .build();
    for (Problem problem : set.findings()) {
      if (problem.isError() || settings.strict()) {
        log.error(problem.toString());
      } else {
        log.warning(problem.toString());
      }
    }
    if (settings.strict() && !set.findings().isEmpty()) {
      throw new UnavailableException("strict, and the configs have problems");
    }
    return set;
  }
}
