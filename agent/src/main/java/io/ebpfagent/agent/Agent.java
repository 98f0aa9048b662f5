// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.config.ConfigException;
import io.ebpfagent.config.Problem;
import io.ebpfagent.log.Log;
import io.ebpfagent.mbean.AgentStatus;
import io.ebpfagent.mbean.ConfigStatus;
import io.ebpfagent.mbean.MBeans;
import io.prometheus.jmx.logger.LoggerFactory;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.management.MBeanServer;
import org.jspecify.annotations.Nullable;

/**
 * The agent's one thread: it starts what there is to start, waits until the host has set up its
 * logging and its MBean server before it touches either, and then looks after the configuration,
 * the endpoint and the MBeans.
 */
public final class Agent implements AgentStatus {
  private static final long UNTIL_HOST_MILLIS = 50;
  private static final long THEN_MILLIS = 500;
  private static final long AFTER_FAILURE_MILLIS = 1_000;
  private static final long RELOAD_SECONDS = 60;

  /** Looking at what there is to show takes no larger part of the time than this, if it can. */
  private static final int LOOKS = 200;

  private static final long LONGEST_UNTIL_LOOK = TimeUnit.SECONDS.toNanos(3);

  private final AgentLog log = new AgentLog();
  private final HostSignal signal;
  private final Version version = Version.read();
  private final KernelSources sources = new KernelSources(new AgentThreads("ebpf", log), log);
  private final BlockingQueue<FutureTask<String>> orders = new LinkedBlockingQueue<>();
  private final MetricsPage page = new MetricsPage(this::kernel, version, log);
  private final @Nullable Endpoint endpoint;
  private final @Nullable WatchedFile file;

  private final ExecutorService changes =
      Executors.newSingleThreadExecutor(new AgentThreads("ebpf-attach", log));

  /** Changed by one thread, that of the changes. */
  private volatile KernelSource kernel = new NoSource("not started yet");

  private @Nullable AgentConfig config;
  private @Nullable MBeanServer server;
  private @Nullable MBeans mbeans;
  private long nextLook;
  private String failed = "";

  private Agent(Arguments arguments, Thread main, boolean early) {
    signal = new HostSignal(main, early, log);
    endpoint = arguments.address().map(where -> new Endpoint(where, page, log)).orElse(null);
    file = arguments.file().map(WatchedFile::new).orElse(null);
  }

  /**
   * Runs the agent in this thread, for as long as the host runs.
   *
   * @param main the thread that becomes the host's main
   * @param early whether that is yet to begin
   */
  public static void run(String text, Thread main, boolean early) {
    Arguments arguments;
    try {
      arguments = Arguments.parse(text);
    } catch (IllegalArgumentException e) {
      new AgentLog().error("does not run, arguments \"%s\": %s".formatted(text, e.getMessage()));
      return;
    }
    new Agent(arguments, main, early).run();
  }

  private KernelSource kernel() {
    return kernel;
  }

  private void run() {
    orders.add(new FutureTask<>(this::load));
    while (true) {
      try {
        long pause = server == null ? UNTIL_HOST_MILLIS : THEN_MILLIS;
        FutureTask<String> order = orders.poll(pause, TimeUnit.MILLISECONDS);
        if (order != null) {
          order.run();
        }
        tick();
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException | Error e) {
        failed(e);
      }
    }
  }

  /** Says it once, and goes on after a pause. */
  private void failed(Throwable e) {
    try {
      if (!e.toString().equals(failed)) {
        failed = e.toString();
        log.log(Log.Level.ERROR, "goes on after", e);
      }
      TimeUnit.MILLISECONDS.sleep(AFTER_FAILURE_MILLIS);
    } catch (InterruptedException | RuntimeException | Error again) {
      // The next round may do better.
      failed = "";
    }
  }

  private void tick() {
    if (server == null) {
      Optional<MBeanServer> found = signal.server();
      if (found.isPresent()) {
        server = found.get();
        hostIsReady();
      }
    }
    if (file != null && file.changed()) {
      String said = load();
      log.info(file.file() + ": " + said);
    }
    if (endpoint != null) {
      endpoint.retry();
    }
    MBeans shown = mbeans;
    if (shown != null && config != null && System.nanoTime() - nextLook >= 0) {
      long begin = System.nanoTime();
      shown.look();
      long took = System.nanoTime() - begin;
      nextLook =
          begin
              + Math.max(
                  config.mbeans().refresh().toNanos(), Math.min(LOOKS * took, LONGEST_UNTIL_LOOK));
    }
  }

  /** Reads the configuration and runs it; the one before goes on where it can't be run. */
  private String load() {
    try {
      AgentConfig next = file == null ? AgentConfig.USUAL : AgentConfigReader.read(file.file());
      for (Problem warning : next.warnings()) {
        log.warning(warning.toString());
      }
      run(next);
      return "loaded";
    } catch (ConfigException e) {
      e.problems().forEach(problem -> log.error(problem.toString()));
      return refused(String.valueOf(e.getMessage()));
    } catch (UnavailableException | IllegalArgumentException e) {
      log.error((file == null ? "" : file.file() + ": ") + e.getMessage());
      return refused(String.valueOf(e.getMessage()));
    }
  }

  private String refused(String reason) {
    return (config == null ? "not loaded: " : "not loaded, what ran before goes on: ") + reason;
  }

  private void run(AgentConfig next) throws UnavailableException {
    // All that can be refused comes first.
    JmxRules rules = server == null ? null : JmxRules.of(next.text(), next.mbeans().domain());
    AgentConfig before = config;
    if (before == null) {
      Future<?> unused = changes.submit(() -> begin(next.kernel()));
    } else {
      change(before.kernel(), next.kernel());
    }
    config = next;
    if (endpoint != null && (server != null || !next.endpoint().needsHost())) {
      endpoint.serve(next.endpoint());
    }
    if (server != null && rules != null) {
      show(server, rules, next, before);
    }
  }

  /** Attaching takes its time, and neither the endpoint nor the MBeans wait for it. */
  private void begin(KernelSettings settings) {
    KernelSource before = kernel;
    kernel = sources.start(settings);
    before.close();
    List<ConfigStatus> configs = kernel.configs();
    if (!configs.isEmpty()) {
      long attached = configs.stream().filter(ConfigStatus::attached).count();
      log.info("%d of %d configs are attached".formatted(attached, configs.size()));
    }
  }

  private void change(KernelSettings before, KernelSettings next) throws UnavailableException {
    Future<?> change =
        changes.submit(
            () -> {
              if (kernel instanceof NoSource
                  || before.jfr() != next.jfr()
                  || !before.pinned().equals(next.pinned())) {
                begin(next);
              } else if (next.pinned().isEmpty()) {
                kernel.replace(next, sources.goodConfigs(next));
              }
              return null;
            });
    try {
      change.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnavailableException unavailable) {
        throw unavailable;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void hostIsReady() {
    LoggerFactory.to(log);
    AgentConfig current = config;
    if (current == null || server == null) {
      return;
    }
    if (endpoint != null) {
      endpoint.serve(current.endpoint());
    }
    JmxRules rules = null;
    try {
      rules = JmxRules.of(current.text(), current.mbeans().domain());
    } catch (IllegalArgumentException e) {
      log.error(
          "no metrics of MBeans: %s: %s"
              .formatted(file == null ? "" : file.file(), e.getMessage()));
    }
    show(server, rules, current, null);
  }

  private void show(
      MBeanServer where, @Nullable JmxRules rules, AgentConfig next, @Nullable AgentConfig before) {
    page.showJvm(next.jvmMetrics());
    page.show(rules == null ? null : new JmxMetrics(rules, where, log));
    MBeans shown = mbeans;
    if (shown == null || before == null || !before.mbeans().equals(next.mbeans())) {
      if (shown != null) {
        shown.close();
      }
      mbeans = new MBeans(where, next.mbeans(), this::kernel, this, log);
    }
    nextLook = System.nanoTime();
  }

  @Override
  public String version() {
    return version.version();
  }

  @Override
  public String endpoint() {
    return endpoint == null ? "" : endpoint.url();
  }

  @Override
  public String lastError() {
    return log.lastError();
  }

  @Override
  public String reload() {
    FutureTask<String> order = new FutureTask<>(this::load);
    orders.add(order);
    try {
      return order.get(RELOAD_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      return "failed: " + e.getCause();
    } catch (TimeoutException e) {
      return "still at it";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }
}
