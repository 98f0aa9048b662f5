// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.config.ConfigException;
import io.ebpfagent.config.Problem;
import io.ebpfagent.log.Log;
import io.ebpfagent.mbean.AgentStatus;
import io.ebpfagent.mbean.ConfigStatus;
import io.prometheus.jmx.logger.LoggerFactory;
import java.nio.file.Path;
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
  private static final long BEGIN_AGAIN_SECONDS = 30;
  private static final long RELOAD_SECONDS = 60;

  private final AgentLog log = new AgentLog();
  private final HostSignal signal;
  private final Version version = Version.read();
  private final KernelSources sources = new KernelSources(new AgentThreads("ebpf", log), log);
  private final BlockingQueue<FutureTask<String>> orders = new LinkedBlockingQueue<>();
  private final MetricsPage page = new MetricsPage(this::kernel, version, log);
  private final @Nullable Endpoint endpoint;
  private final @Nullable WatchedFile file;
  private final HostView view;

  private final ExecutorService changes =
      Executors.newSingleThreadExecutor(new AgentThreads("ebpf-attach", log));

  /** Changed by one thread, that of the changes. */
  private volatile KernelSource kernel = new NoSource("not started yet", false);

  /** Whether the kernel's side is to be begun again, by the thread of the changes. */
  private volatile boolean unbegun;

  private volatile long begunAt;

  private final Part host = new Part("the MBean server", log);
  private final Part loading = new Part("the configuration", log);
  private final Part serving = new Part("the endpoint", log);

  private @Nullable AgentConfig config;
  private boolean loaded;
  private boolean reloads;
  private @Nullable MBeanServer server;
  private String failed = "";

  private Agent(Arguments arguments, Thread main, boolean early) {
    signal = new HostSignal(main, early, log);
    endpoint = arguments.address().map(where -> new Endpoint(where, page, log)).orElse(null);
    file = arguments.file().map(WatchedFile::new).orElse(null);
    String name = arguments.file().map(Path::toString).orElse("");
    view = new HostView(page, this::kernel, this, name, log);
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
    while (true) {
      try {
        tick();
        long pause = server == null ? UNTIL_HOST_MILLIS : THEN_MILLIS;
        FutureTask<String> order = orders.poll(pause, TimeUnit.MILLISECONDS);
        if (order != null) {
          order.run();
        }
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
      host.attempt(this::lookForServer);
    }
    if (!loaded || (file != null && file.changed())) {
      reloads |= loaded;
      loaded = false;
      loading.attempt(this::follow);
    }
    AgentConfig current = config;
    if (current != null) {
      show(current);
      beginAgain(current.kernel());
    }
  }

  private void lookForServer() {
    Optional<MBeanServer> found = signal.server();
    if (found.isPresent()) {
      LoggerFactory.to(log);
      server = found.get();
    }
  }

  private void follow() {
    String said = load();
    loaded = true;
    if (reloads && file != null) {
      log.info(file.file() + ": " + said);
    }
  }

  /** Reads the configuration and runs it; the one before goes on where it can't be run. */
  private String load() {
    try {
      AgentConfig next = file == null ? AgentConfig.USUAL : AgentConfigReader.read(file.file());
      if (file != null && config != null && next.text().isBlank()) {
        // Most likely somebody is about to write it.
        throw new UnavailableException("it is empty; {} would be all defaults");
      }
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
    if (server != null) {
      checkRules(next);
    }
    AgentConfig before = config;
    if (before == null) {
      Future<?> unused = changes.submit(() -> begin(next.kernel()));
    } else {
      if (endpoint != null && isTimeToServe(next)) {
        endpoint.check(next.endpoint());
      }
      change(before.kernel(), next.kernel());
    }
    config = next;
    view.look();
    show(next);
  }

  private static void checkRules(AgentConfig next) {
    try {
      JmxRules unused = JmxRules.of(next.text(), next.mbeans().domain());
    } catch (LinkageError e) {
      // Said by the part that asks MBeans; the others go on.
    }
  }

  private boolean isTimeToServe(AgentConfig next) {
    return server != null || !next.endpoint().needsHost();
  }

  /** Attaching takes its time, and neither the endpoint nor the MBeans wait for it. */
  private void begin(KernelSettings settings) {
    // Until it has ended well: there may not even be memory for an error.
    begunAt = System.nanoTime();
    unbegun = true;
    KernelSource next = sources.start(settings);
    instead(next);
    unbegun = next instanceof NoSource nothing && nothing.forNow();
  }

  private void beginAgain(KernelSettings settings) {
    if (!unbegun || System.nanoTime() - begunAt < TimeUnit.SECONDS.toNanos(BEGIN_AGAIN_SECONDS)) {
      return;
    }
    begunAt = System.nanoTime();
    Future<?> unused =
        changes.submit(
            () -> {
              if (unbegun) {
                begin(settings);
              }
            });
  }

  private void instead(KernelSource next) {
    KernelSource before = kernel;
    kernel = next;
    before.close();
    List<ConfigStatus> configs = next.configs();
    if (!configs.isEmpty()) {
      long attached = configs.stream().filter(ConfigStatus::attached).count();
      log.info("%s of %s configs are attached".formatted(attached, configs.size()));
    }
  }

  private void change(KernelSettings before, KernelSettings next) throws UnavailableException {
    Future<?> change =
        changes.submit(
            () -> {
              if (kernel instanceof NoSource) {
                begin(next);
              } else if (before.jfr() != next.jfr() || !before.pinned().equals(next.pinned())) {
                instead(sources.startBeside(kernel, next));
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

  /** Makes what is shown that of the configuration; there is little to do where it is already. */
  private void show(AgentConfig current) {
    Endpoint at = endpoint;
    if (at != null && isTimeToServe(current)) {
      serving.attempt(() -> at.serve(current.endpoint()));
    }
    MBeanServer where = server;
    if (where != null) {
      view.show(where, current);
    }
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
