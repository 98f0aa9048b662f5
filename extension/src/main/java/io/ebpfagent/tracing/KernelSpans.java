// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.config.ConfigSetBuilder;
import io.ebpfagent.config.Problem;
import io.ebpfagent.context.JvmThreads;
import io.ebpfagent.context.ProcessContext;
import io.ebpfagent.context.ThreadSlots;
import io.ebpfagent.engine.ConfigState;
import io.ebpfagent.engine.Engine;
import io.ebpfagent.engine.EnginePlan;
import io.ebpfagent.engine.Loop;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.log.Log;
import io.ebpfagent.otel.Destination;
import io.ebpfagent.otel.ExporterSpanSink;
import io.opentelemetry.javaagent.bootstrap.EbpfMemory;
import io.opentelemetry.javaagent.bootstrap.EbpfThread;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The engine in the application's process: programs, the threads' records, and the way to the
 * exporters.
 */
final class KernelSpans {
  /** The instrumentation scope of kernel spans. */
  static final String SCOPE = "io.ebpfagent";

  /** How many threads may be in spans at a time: 1 MB. */
  private static final int MOST_THREADS = 16_384;

  private static final Duration LAST_SPANS_MAY_TAKE = Duration.ofSeconds(3);

  private final Settings settings;
  private final List<SharedExporter> exporters;
  private final @Nullable Resource resource;
  private final Log log;

  // Guarded by this.
  private @Nullable Engine engine;
  private @Nullable ExporterSpanSink sink;
  private boolean closed;

  // The starting thread's.
  private boolean failed;

  /**
   * @param resource the application's; null where it is known only when it exports its first span
   */
  KernelSpans(
      Settings settings, List<SharedExporter> exporters, @Nullable Resource resource, Log log) {
    this.settings = settings;
    this.exporters = exporters;
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

  private synchronized void start() throws KernelException {
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
    writeTo(ThreadSlots.inProcess(MOST_THREADS, log));
    if (!settings.kernel()) {
      log.info("contexts are shown to other tools");
    }
  }

  private void startKernel() throws KernelException {
    ThreadSlots slots = ThreadSlots.inKernel(MOST_THREADS, log);
    JvmThreads jvm = OpenThreads.read(log);
    if (jvm != null) {
      slots.know(jvm);
    }
    ExporterSpanSink spans =
        new ExporterSpanSink(this::destination, new Loop.Threads(KernelSpans::thread, log), log);
    sink = spans;
    Engine started = Engine.start(plan(slots, spans));
    engine = started;
    // Contexts from here on: what programs find before is none.
    writeTo(slots);
    report(started.configs());
  }

  private void writeTo(ThreadSlots slots) {
    boolean shown = false;
    try {
      slots.show();
      shown = true;
    } catch (IOException | RuntimeException | UnsatisfiedLinkError e) {
      log.debug("other tools don't see what threads are in: " + e);
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
    ConfigSetBuilder set =
        ConfigSet.builder()
            .bundled(KernelSpans.class.getClassLoader(), Kind.configs(settings.spans()));
    Path dir = settings.configDir();
    if (dir != null) {
      set.fromDirectory(dir, settings.configs());
    }
    ConfigSet configs = set.build();
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
            .global("spans_per_span", settings.perSpan())
            .global("spans_per_second", settings.perSecond());
    settings.leastNanos().forEach(plan::global);
    return plan.build();
  }

  private void report(List<ConfigState> configs) {
    List<String> running =
        configs.stream().filter(ConfigState::attached).map(ConfigState::name).toList();
    log.info("kernel spans: " + (running.isEmpty() ? "none" : String.join(", ", running)));
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

  /** Takes the programs out of the kernel, and sends what is left. */
  synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (engine != null) {
      engine.close();
    }
    if (sink != null) {
      sink.close(LAST_SPANS_MAY_TAKE);
    }
  }
}
