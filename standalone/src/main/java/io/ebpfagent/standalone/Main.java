// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.KernelBtf;
import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.config.Problem;
import io.ebpfagent.engine.ConfigState;
import io.ebpfagent.engine.Engine;
import io.ebpfagent.engine.EngineException;
import io.ebpfagent.engine.EnginePlan;
import io.ebpfagent.engine.Libjvm;
import io.ebpfagent.engine.Loop;
import io.ebpfagent.linux.Capabilities;
import io.ebpfagent.log.Log;
import io.ebpfagent.otel.ExporterSpanSink;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** The exporter's entry point. */
public final class Main {
  /**
   * Configs that are loaded by default: they attach on any kernel with BTF and are useful to most
   * users.
   */
  private static final List<String> DEFAULT_NAMES =
      List.of("biolatency", "cgroup", "percpu-softirq", "softirq-latency", "syscalls", "timers");

  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  /**
   * How long the last spans may take to be sent. Supervisors often kill a daemon ten seconds after
   * telling it to stop.
   */
  private static final Duration FLUSH_MAY_TAKE = Duration.ofSeconds(5);

  private final Flags flags;

  /** What undoes the start; guarded by this. */
  private final Deque<Runnable> atStop = new ArrayDeque<>();

  /** Whether the exit code is known, so that the shutdown that follows is no signal's. */
  private volatile boolean ended;

  private final Log log;
  private final Systemd systemd;

  private Main(Flags flags, Log log) {
    this.flags = flags;
    this.log = log;
    systemd = Systemd.ofThisProcess(log);
  }

  /**
   * Runs the exporter. Exit codes: 0 after a clean stop or a check without findings, 1 when configs
   * or programs can't run, 2 when the command line is wrong.
   */
  public static void main(String[] args) throws InterruptedException {
    Flags flags;
    try {
      flags = Flags.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println(StderrLog.escaped(String.valueOf(e.getMessage()), true));
      exit(USAGE);
      return;
    }
    if (flags.help || flags.version) {
      System.out.print(flags.help ? Flag.help() : Version.text());
      // It also flushes. A full disk is an error for those who read the answer later.
      boolean written = !System.out.checkError();
      if (!written) {
        System.err.println("the answer can't be written to stdout");
      }
      exit(written ? OK : FAILED);
      return;
    }
    Log log = new StderrLog(flags.debug, !flags.noTimestamps);
    Main exporter = new Main(flags, log);
    // A check that was interrupted is none.
    if (!flags.configCheck) {
      exporter.stopWhenTold();
    }
    int code;
    try {
      code = exporter.run();
    } finally {
      exporter.ended = true;
    }
    exit(code);
  }

  /**
   * SIGTERM and SIGINT cause a shutdown of the JVM, whose exit code would be 128 + the signal.
   * Until everything is attached, the end of the process detaches what is.
   */
  private void stopWhenTold() {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  if (ended) {
                    return;
                  }
                  systemd.stopping();
                  // Whatever the start still does has to wait for this, and so for the end.
                  synchronized (this) {
                    stop();
                    log.info("stopped");
                    Runtime.getRuntime().halt(OK);
                  }
                },
                "stop"));
  }

  @SuppressWarnings(
      "SystemExitOutsideMain") // called by main, to end a JVM that may have other threads
  private static void exit(int code) {
    System.exit(code);
  }

  private int run() throws InterruptedException {
    long begin = System.nanoTime();
    Optional<Capabilities> keep;
    FutureTask<HttpEndpoint> listening;
    ConfigSet configs;
    try {
      flags.check();
      // What takes long is done side by side: libbpf, the server, and the configs.
      Thread.ofPlatform().daemon().name("ebpf-libbpf").start(Engine::prepare);
      ListenAddress address = ListenAddress.parse(flags.listenAddress, systemd);
      listening = new FutureTask<>(() -> listen(address));
      if (!flags.configCheck) {
        Thread.ofPlatform().daemon().name("ebpf-listen").start(listening);
      }
      keep = CapabilitiesFlag.parse(flags.keepCapabilities);
      configs = load(names());
      checkBtf();
    } catch (IllegalArgumentException | IOException e) {
      log.error(String.valueOf(e.getMessage()));
      return e instanceof IllegalArgumentException ? USAGE : FAILED;
    }
    for (Problem problem : configs.findings()) {
      if (problem.isError() || flags.configStrict) {
        log.error(problem.toString());
      } else {
        log.warning(problem.toString());
      }
    }
    ExporterSpanSink spans = spans(configs);
    EnginePlan.Builder plan =
        EnginePlan.builder()
            .configs(configs)
            .btf(flags.btfPath)
            .skipCacheSize(flags.skipCacheSize)
            .cacheSize(flags.cacheSize)
            .spans(spans)
            .traceStart(!ConfiguredDestination.isOff(System.getenv()))
            .log(log);
    // Programs on a library's probes see all processes that run the same file as this one.
    plan.libc();
    Libjvm.current(log).ifPresent(plan::libjvm);
    Engine engine = Engine.start(plan.build());
    atStop(
        () -> {
          engine.close();
          if (spans != null) {
            spans.close(FLUSH_MAY_TAKE);
          }
        });
    int verdict = verdict(configs, engine.configs());
    if (verdict != OK || flags.configCheck) {
      stop();
      return verdict;
    }
    return serve(listening, keep, engine, begin);
  }

  /**
   * Returns the sink of spans; null when no config has spans, unless the environment says where the
   * trace of the start goes.
   */
  private @Nullable ExporterSpanSink spans(ConfigSet configs) {
    boolean configured = ConfiguredDestination.isConfigured(System.getenv());
    boolean have = configs.configs().stream().anyMatch(config -> !config.spans().isEmpty());
    if (flags.configCheck || (!configured && !have)) {
      return null;
    }
    return new ExporterSpanSink(
        () -> ConfiguredDestination.isOff(System.getenv()) ? null : ConfiguredDestination.open(log),
        new Loop.Threads(Thread::new, log),
        log);
  }

  private void checkBtf() {
    if (flags.btfPath == null) {
      return;
    }
    try {
      new KernelBtf(flags.btfPath, log).check();
    } catch (BpfException e) {
      throw new IllegalArgumentException("--btf.path=" + flags.btfPath + ": " + e.getMessage(), e);
    } catch (UnsatisfiedLinkError e) {
      // Attaching reports this for every config.
      log.debug(String.valueOf(e.getMessage()));
    }
  }

  private List<String> names() throws IOException {
    if (flags.configNames != null) {
      return List.of(flags.configNames);
    }
    Path dir = flags.configDir;
    if (dir == null) {
      return DEFAULT_NAMES;
    }
    List<String> names = ConfigSet.namesIn(dir);
    if (names.isEmpty()) {
      throw new IOException(dir + ": has no NAME.yaml");
    }
    return names;
  }

  private ConfigSet load(List<String> names) {
    return flags.configDir == null
        ? ConfigSet.bundled(Main.class.getClassLoader(), names)
        : ConfigSet.fromDirectory(flags.configDir, names);
  }

  /** Returns the exit code for the state of the configs, as strict as the flags require. */
  private int verdict(ConfigSet configs, List<ConfigState> states) {
    List<String> running =
        states.stream().filter(ConfigState::runs).map(ConfigState::name).toList();
    List<String> missed =
        states.stream()
            .flatMap(
                config ->
                    config.programs().stream()
                        .filter(program -> !program.attached())
                        .map(program -> config.name() + ":" + program.name()))
            .toList();
    boolean allRun = configs.problems().isEmpty() && states.stream().allMatch(ConfigState::runs);
    if (flags.configStrict && !configs.warnings().isEmpty()) {
      allRun = false;
    }
    if (flags.configStrict && !missed.isEmpty()) {
      log.error("not attached (config:program): " + String.join(", ", missed));
      return FAILED;
    }
    if ((flags.configStrict || flags.configCheck) && !allRun) {
      return FAILED;
    }
    if (running.isEmpty()) {
      log.error("no config runs: nothing to export");
      return FAILED;
    }
    if (flags.configCheck) {
      log.info(
          "checked: "
              + String.join(", ", running)
              + (missed.isEmpty()
                  ? "; every program attaches"
                  : "; not attached (config:program): " + String.join(", ", missed)));
    }
    return OK;
  }

  private int serve(
      Future<HttpEndpoint> listening, Optional<Capabilities> keep, Engine engine, long begin)
      throws InterruptedException {
    HttpEndpoint endpoint;
    try {
      endpoint = listening.get();
      synchronized (this) {
        atStop.push(endpoint::close);
        pin(engine);
        drop(keep, engine);
        endpoint.serve(engine);
      }
    } catch (IOException | ExecutionException e) {
      Throwable reason = e;
      while ((reason instanceof ExecutionException || reason instanceof LinkageError)
          && reason.getCause() != null) {
        reason = reason.getCause();
      }
      log.error(String.valueOf(reason instanceof IOException ? reason.getMessage() : reason));
      stop();
      return FAILED;
    }
    systemd
        .watchdog()
        .map(interval -> Watchdog.start(systemd, endpoint, interval, log))
        .ifPresent(watchdog -> atStop(watchdog::close));
    String running =
        "%s configs attached in %s ms; serving %s"
            .formatted(
                engine.configs().stream().filter(ConfigState::runs).count(),
                (System.nanoTime() - begin) / 1_000_000,
                endpoint.url());
    log.info(running);
    systemd.ready(running);
    new CountDownLatch(1).await();
    return OK;
  }

  private HttpEndpoint listen(ListenAddress address) throws IOException {
    try {
      return HttpEndpoint.listen(address, flags.telemetryPath, flags.debug, log);
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage());
      throw new IOException(
          "listen on %s: %s%s"
              .formatted(
                  flags.listenAddress,
                  reason,
                  reason.contains("in use")
                      ? "; is another exporter running? --web.listen-address takes another port"
                      : ""),
          e);
    }
  }

  private void pin(Engine engine) throws IOException {
    if (flags.pin == null) {
      return;
    }
    try {
      engine.pin(flags.pin, flags.pinGroup);
    } catch (IOException e) {
      throw new IOException("--pin: " + e.getMessage(), e);
    }
  }

  private void drop(Optional<Capabilities> keep, Engine engine) throws IOException {
    if (keep.isEmpty()) {
      return;
    }
    try {
      engine.keepCapabilities(keep.get());
    } catch (EngineException e) {
      throw new IOException(
          "--capabilities.keep=" + flags.keepCapabilities + ": " + e.getMessage(), e);
    }
  }

  private synchronized void atStop(Runnable undo) {
    atStop.push(undo);
  }

  /** Undoes what was started, in reverse order. */
  private synchronized void stop() {
    while (!atStop.isEmpty()) {
      atStop.pop().run();
    }
  }
}
