package io.ebpfagent.standalone;

import io.ebpfagent.Exporter;
import io.ebpfagent.attach.PinFolder;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.Capabilities;
import io.ebpfagent.bpf.KernelBtf;
import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.config.Problem;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;

/** The exporter's entry point: flags in, exit code out. */
public final class Main {
  /** Attached by any kernel with BTF, and of use to anyone. */
  private static final List<String> DEFAULT_NAMES =
      List.of("biolatency", "cgroup", "percpu-softirq", "softirq-latency", "syscalls", "timers");

  private static final int OK = 0;
  private static final int FAILED = 1;

  private final Flags flags;
  private final Deque<Runnable> atStop = new ArrayDeque<>();
  private final Systemd systemd = Systemd.ofThisProcess();

  private Main(Flags flags) {
    this.flags = flags;
  }

  /**
   * Runs the exporter. Exit codes: 0 after a clean stop or a check without findings, 1 when configs
   * or programs can't run, 2 when the command line is wrong.
   */
  public static void main(String[] args) throws InterruptedException {
    Flags flags = new Flags();
    CommandLine commandLine = Flags.commandLine(flags);
    try {
      CommandLine.ParseResult result = commandLine.parseArgs(args);
      Integer helped = CommandLine.executeHelpRequest(result);
      if (helped != null) {
        exit(helped);
      }
    } catch (CommandLine.ParameterException e) {
      System.err.println(e.getMessage());
      System.err.println(Flags.advice(e));
      exit(commandLine.getCommandSpec().exitCodeOnInvalidInput());
    }
    StderrLoggers.configure(flags.debug, !flags.noTimestamps);
    int code = new Main(flags).run();
    exit(code);
  }

  @SuppressWarnings("SystemExitOutsideMain") // called by main, to end a JVM that may have threads
  private static void exit(int code) {
    System.exit(code);
  }

  private int run() throws InterruptedException {
    System.Logger log = System.getLogger("io.ebpfagent.standalone");
    long begin = System.nanoTime();
    ListenAddress address;
    Optional<Capabilities> keep;
    List<String> names;
    ConfigSet configs;
    try {
      flags.check();
      address = ListenAddress.parse(flags.listenAddress, systemd);
      keep = CapabilitiesFlag.parse(flags.keepCapabilities);
      names = names();
      configs = load(names);
    } catch (IllegalArgumentException | IOException e) {
      log.log(Level.ERROR, String.valueOf(e.getMessage()));
      return e instanceof IllegalArgumentException ? CommandLine.ExitCode.USAGE : FAILED;
    }
    for (Problem problem : configs.problems()) {
      log.log(Level.ERROR, problem.toString());
    }
    Exporter exporter;
    try {
      if (flags.btfPath != null) {
        new KernelBtf(flags.btfPath).check();
      }
      exporter =
          Exporter.attach(
              names, configs.configs(), new Exporter.Options(flags.btfPath, flags.skipCacheSize));
    } catch (UnsatisfiedLinkError e) {
      log.log(Level.ERROR, String.valueOf(e.getMessage()));
      return FAILED;
    } catch (BpfException e) {
      log.log(Level.ERROR, "--btf.path=" + flags.btfPath + ": " + e.getMessage());
      return CommandLine.ExitCode.USAGE;
    }
    int verdict = verdict(log, configs, exporter);
    if (verdict != OK || flags.configCheck) {
      exporter.close();
      return verdict;
    }
    return serve(log, address, keep, exporter, begin);
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

  /** Whether what was found lets the exporter run, as strictly as the flags want it. */
  private int verdict(System.Logger log, ConfigSet configs, Exporter exporter) {
    List<String> running =
        exporter.attached().stream().map(attached -> attached.config().name()).toList();
    List<String> missed = exporter.missedPrograms();
    boolean allRun = configs.problems().isEmpty() && exporter.failures().isEmpty();
    if (flags.configStrict && !missed.isEmpty()) {
      log.log(Level.ERROR, "not attached (config:program): " + String.join(", ", missed));
      return FAILED;
    }
    if ((flags.configStrict || flags.configCheck) && !allRun) {
      return FAILED;
    }
    if (running.isEmpty()) {
      log.log(Level.ERROR, "no config runs: nothing to export");
      return FAILED;
    }
    if (flags.configCheck) {
      log.log(
          Level.INFO,
          "checked: "
              + String.join(", ", running)
              + (missed.isEmpty()
                  ? "; every program attaches"
                  : "; not attached (config:program): " + String.join(", ", missed)));
    }
    return OK;
  }

  private int serve(
      System.Logger log,
      ListenAddress address,
      Optional<Capabilities> keep,
      Exporter exporter,
      long begin)
      throws InterruptedException {
    HttpEndpoint endpoint;
    atStop.push(exporter::close);
    exporter.start();
    try {
      endpoint = listen(address, exporter);
      atStop.push(endpoint::close);
      pin(exporter);
      drop(keep, exporter);
      startSpans(log, exporter);
      endpoint.start();
    } catch (IOException e) {
      log.log(Level.ERROR, String.valueOf(e.getMessage()));
      stop();
      return FAILED;
    }
    systemd
        .watchdog()
        .map(interval -> Watchdog.start(systemd, endpoint, interval))
        .ifPresent(watchdog -> atStop.push(watchdog::close));
    // SIGTERM and SIGINT come as a shutdown of the JVM, which would end with 128 + the signal.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  systemd.stopping();
                  stop();
                  log.log(Level.INFO, "stopped");
                  Runtime.getRuntime().halt(OK);
                },
                "stop"));
    String running =
        "%d configs attached in %d ms; serving %s"
            .formatted(
                exporter.attached().size(),
                (System.nanoTime() - begin) / 1_000_000,
                endpoint.url());
    log.log(Level.INFO, running);
    systemd.ready(running);
    new CountDownLatch(1).await();
    return OK;
  }

  private HttpEndpoint listen(ListenAddress address, Exporter exporter) throws IOException {
    try {
      return HttpEndpoint.listen(
          address,
          flags.telemetryPath,
          (out, format) -> exporter.metrics().write(out, format),
          flags.debug ? out -> exporter.metrics().writeMaps(out) : null,
          () -> IndexPage.html(flags.telemetryPath, exporter));
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

  private void pin(Exporter exporter) throws IOException {
    if (flags.pin == null) {
      return;
    }
    try {
      PinFolder pins = PinFolder.pin(flags.pin, flags.pinGroup, exporter.attached());
      atStop.push(pins::close);
    } catch (IOException e) {
      throw new IOException("--pin: " + e.getMessage(), e);
    }
  }

  private void drop(Optional<Capabilities> keep, Exporter exporter) throws IOException {
    if (keep.isEmpty()) {
      return;
    }
    try {
      exporter.keepCapabilities(keep.get());
    } catch (BpfException e) {
      throw new IOException(
          "--capabilities.keep=" + flags.keepCapabilities + ": " + e.getMessage(), e);
    }
  }

  /** Undoes what was begun, the last thing first. */
  private synchronized void stop() {
    while (!atStop.isEmpty()) {
      atStop.pop().run();
    }
  }

  /** Without a config that has spans, only where someone waits for the trace of the start. */
  private static void startSpans(System.Logger log, Exporter exporter) {
    if (!exporter.hasSpans() && !OtlpSpanSink.isConfigured()) {
      return;
    }
    try {
      exporter.startSpans(new OtlpSpanSink());
    } catch (BpfException e) {
      log.log(Level.ERROR, "no spans: " + e.getMessage());
    }
  }
}
