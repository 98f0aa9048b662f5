// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.config.Problem;
import io.ebpfagent.context.JvmThreads;
import io.ebpfagent.context.ProcessContext;
import io.ebpfagent.context.ThreadSlots;
import io.ebpfagent.engine.ConfigState;
import io.ebpfagent.engine.Engine;
import io.ebpfagent.engine.EnginePlan;
import io.ebpfagent.engine.HostProcess;
import io.ebpfagent.engine.Loop;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.log.Log;
import io.ebpfagent.metering.KernelMeter;
import io.ebpfagent.metrics.ConfigMetric;
import io.ebpfagent.otel.Destination;
import io.ebpfagent.otel.ExporterSpanSink;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.javaagent.bootstrap.EbpfMemory;
import io.opentelemetry.javaagent.bootstrap.EbpfThread;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The engine in the application's process: programs, the threads' records, and the way to the
 * exporters.
 */
final class KernelSpans {
  /** The instrumentation scope of kernel spans. */
  static final String SCOPE = KernelMeter.SCOPE;

  private static final String KERNEL = System.getProperty("os.version", "");

  private static final Duration LAST_SPANS_MAY_TAKE = Duration.ofSeconds(3);

  private final Settings settings;
  private final List<SharedExporter> exporters;
  private final MeterProvider meters;
  private final @Nullable Resource resource;
  private final Log log;

  // Guarded by this.
  private @Nullable Engine engine;
  private @Nullable ExporterSpanSink sink;
  private boolean stopped;

  private volatile boolean starting;
  private volatile boolean closed;
  private volatile @Nullable KernelMeter meter;

  // The starting thread's.
  private boolean failed;
  private boolean throttled;

  /**
   * @param resource the application's; null where it is known only when it exports its first span
   */
  KernelSpans(
      Settings settings,
      List<SharedExporter> exporters,
      MeterProvider meters,
      @Nullable Resource resource,
      Log log) {
    this.settings = settings;
    this.exporters = exporters;
    this.meters = meters;
    this.resource = resource;
    this.log = log;
  }

  static Thread thread(Runnable task) {
    return Thread.ofPlatform().daemon().inheritInheritableThreadLocals(false).unstarted(task);
  }

  /** Begins; for a thread of its own, once. */
  boolean begin() {
    try {
      start();
    } catch (Throwable e) {
      fail(e);
    }
    return false;
  }

  private void fail(Throwable e) {
    if (!failed) {
      failed = true;
      log.error("no kernel spans: " + reason(e));
      log.log(Log.Level.DEBUG, "no kernel spans", e);
    }
  }

  /** What a user can do something about is said so. */
  private static String reason(Throwable e) {
    if (e.toString().contains(IllegalCallerException.class.getSimpleName())) {
      return "this JVM denies native access: add --enable-native-access=ALL-UNNAMED";
    }
    return e instanceof KernelException || e instanceof UnsatisfiedLinkError
        ? String.valueOf(e.getMessage())
        : e.toString();
  }

  private void start() throws KernelException {
    starting = true;
    try {
      startUnlessClosed();
    } finally {
      starting = false;
      if (closed) {
        stop();
      }
    }
  }

  private synchronized void startUnlessClosed() throws KernelException {
    if (closed) {
      return;
    }
    if (settings.kernel()) {
      try {
        startKernel();
        return;
      } catch (KernelException | RuntimeException | UnsatisfiedLinkError e) {
        fail(e);
      }
    }
    // Other tools may still read what threads are in.
    boolean shown = writeTo(ThreadSlots.inProcess(records(), log));
    if (shown && !settings.kernel()) {
      log.info("contexts are shown to other tools");
    }
  }

  /** The first is nobody's. */
  private int records() {
    return settings.mostThreads() + 1;
  }

  private void startKernel() throws KernelException {
    ThreadSlots slots = ThreadSlots.inKernel(records(), log);
    JvmThreads jvm = OpenThreads.read(log);
    if (jvm != null) {
      slots.know(jvm);
    }
    ExporterSpanSink spans =
        new ExporterSpanSink(this::destination, new Loop.Threads(KernelSpans::thread, log), log);
    sink = spans;
    throttled = seesQuotas();
    EnginePlan plan = plan(slots, spans);
    Engine started = Engine.start(plan);
    engine = started;
    // Contexts from here on: what programs find before is none.
    writeTo(slots);
    if (settings.metrics()) {
      meter =
          new KernelMeter(
              started, slots, spans.counts(), meters, settings.mostSeries(), this::close, log);
    }
    report(plan, started);
  }

  /** Returns whether other tools see what threads are in. */
  private boolean writeTo(ThreadSlots slots) {
    boolean shown = false;
    try {
      slots.show();
      shown = true;
    } catch (IOException | RuntimeException | UnsatisfiedLinkError e) {
      // Who asks for nothing else has to know.
      log.log(
          settings.kernel() ? Log.Level.DEBUG : Log.Level.ERROR,
          "other tools don't see what threads are in: " + e,
          null);
    }
    if (!HexIds.readsInPlace()) {
      log.debug("ids are copied before they are read");
    }
    EbpfMemory.handIn(slots.memory());
    EbpfThread.switchOn(slots);
    try {
      if (!ProcessContext.publish(attributes(), shown)) {
        log.debug("the process has a context for other tools already");
      }
    } catch (KernelException | IOException | RuntimeException e) {
      log.debug("other tools don't see what this process is: " + e);
    }
    return shown;
  }

  /** The resource's, as a context of processes takes them. */
  private Map<String, Object> attributes() {
    Map<String, Object> attributes = new TreeMap<>();
    Resource known = resource;
    if (known != null) {
      known.getAttributes().forEach((key, value) -> attributes.put(key.getKey(), value));
    }
    return attributes;
  }

  private EnginePlan plan(ThreadSlots slots, ExporterSpanSink to) {
    ConfigSet configs = configs();
    for (Problem problem : configs.findings()) {
      log.log(problem.isError() ? Log.Level.ERROR : Log.Level.WARNING, problem.toString(), null);
    }
    EnginePlan.Builder plan =
        EnginePlan.builder()
            .configs(configs)
            .threadSlots(slots)
            .spans(to)
            .log(log)
            .threads(KernelSpans::thread)
            .probeThisProcess()
            .leaveDescriptors()
            .global("spans_per_span", settings.perSpan())
            .global("spans_per_second", settings.perSecond());
    settings.leastNanos().forEach(plan::global);
    if (kinds().contains(Kind.CPU_THROTTLED)) {
      plan.request(Kind.QUOTA_PROGRAM);
    }
    if (!settings.configs().isEmpty()) {
      try {
        plan.host(HostProcess.current(log));
      } catch (BpfException e) {
        log.warning("configs that could watch this JVM watch all processes: " + e.getMessage());
      }
    }
    return plan.build();
  }

  /** Those that are wanted and that this kernel can make. */
  private List<Kind> kinds() {
    return settings.spans().stream()
        .filter(kind -> kind.runsOn(KERNEL) && (kind != Kind.CPU_THROTTLED || throttled))
        .toList();
  }

  /**
   * Whether CPU quotas are to be seen: where none holds, nobody pays for a program at each wake-up
   * of a thread unless the user named the kinds.
   */
  private boolean seesQuotas() {
    try {
      return !settings.spans().equals(Kind.DEFAULT) || HostProcess.hasCpuQuota(log);
    } catch (BpfException e) {
      log.debug("whether there is a CPU quota isn't known: " + e.getMessage());
      return true;
    }
  }

  /** A config of the user's own comes before a bundled one of its name. */
  private ConfigSet configs() {
    ClassLoader loader = KernelSpans.class.getClassLoader();
    return ConfigSet.builder()
        .bundled(loader, Kind.configs(kinds()))
        .fromDirectoryOrBundled(settings.configDir(), loader, settings.configs())
        .build();
  }

  private void report(EnginePlan plan, Engine started) {
    Set<String> running =
        started.configs().stream()
            .filter(ConfigState::attached)
            .map(ConfigState::name)
            .collect(Collectors.toSet());
    List<String> spans =
        plan.configs().stream()
            .filter(config -> !config.spans().isEmpty() && running.contains(config.name()))
            .map(this::spans)
            .toList();
    log.info("kernel spans: " + (spans.isEmpty() ? "none" : String.join("; ", spans)));
    String leftOut =
        settings.spans().stream()
            .filter(kind -> !kind.runsOn(KERNEL))
            .map(kind -> "%s needs Linux %s".formatted(kind.text(), kind.kernel()))
            .collect(Collectors.joining(", "));
    if (!leftOut.isEmpty()) {
      log.info("left out on Linux %s: %s".formatted(KERNEL, leftOut));
    }
    if (meter != null && !settings.configs().isEmpty()) {
      List<String> withMetrics =
          started.perConfig().stream().map(ConfigMetric::config).distinct().toList();
      log.info(
          "kernel metrics: "
              + names(settings.configs().stream().filter(withMetrics::contains).toList()));
    }
  }

  /** The kinds that a config makes, and its name unless that is the same. */
  private String spans(Config config) {
    List<String> kinds =
        kinds().stream()
            .filter(kind -> kind.config().equals(config.name()))
            .map(Kind::text)
            .toList();
    return kinds.isEmpty() || kinds.equals(List.of(config.name()))
        ? config.name()
        : String.join(", ", kinds) + " by " + config.name();
  }

  private static String names(List<String> names) {
    return names.isEmpty() ? "none" : String.join(", ", names);
  }

  /** The engine's metrics; null where there are none yet, or none are wanted. */
  @Nullable KernelMeter meter() {
    return meter;
  }

  private @Nullable Destination destination() {
    if (exporters.isEmpty()) {
      log.warning("no kernel spans: the application exports no spans");
      return null;
    }
    Resource known = resource != null ? resource : KernelTracing.resource(exporters);
    return new Destination(
        SpanExporter.composite(exporters.stream().map(SharedExporter::ours).toList()),
        known != null ? known : Resource.getDefault(),
        InstrumentationScopeInfo.create(SCOPE));
  }

  /**
   * Takes the programs out of the kernel, and sends what is left. Where it still begins, which
   * takes seconds, nobody waits for that: it takes back itself what it has begun.
   */
  void close() {
    closed = true;
    if (!starting) {
      stop();
    }
  }

  private synchronized void stop() {
    if (stopped) {
      return;
    }
    stopped = true;
    KernelMeter itsMeter = meter;
    if (itsMeter != null) {
      itsMeter.close();
    }
    if (engine != null) {
      engine.close();
    }
    if (sink != null) {
      sink.close(LAST_SPANS_MAY_TAKE);
    }
  }
}
