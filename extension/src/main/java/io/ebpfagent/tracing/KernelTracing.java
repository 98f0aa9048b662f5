// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.ebpfagent.engine.Loop;
import io.ebpfagent.extension.Tracing;
import io.ebpfagent.log.Log;
import io.ebpfagent.metering.KernelMeter;
import io.ebpfagent.metering.MeteredExporter;
import io.opentelemetry.context.ContextStorage;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What the javaagent calls. Made when it loads its extensions, awake when it has called {@link
 * #start}. Whatever goes wrong is a line, and the application and the agent go on.
 */
public final class KernelTracing implements Tracing {
  private final List<SharedExporter> exporters = new CopyOnWriteArrayList<>();
  private volatile @Nullable ConfigProperties properties;
  private volatile @Nullable KernelSpans spans;
  private volatile boolean watches;
  private volatile boolean hooked;
  private volatile Log log = new AgentLog(false);

  /**
   * @throws ReflectiveOperationException when this JVM's bootstrap loader can't be reached
   */
  public KernelTracing() throws Exception {
    BootstrapClasses.define();
  }

  @Override
  public ContextStorage wrap(ContextStorage storage) {
    boolean own = storage.getClass().getName().endsWith(".context.ThreadLocalContextStorage");
    try {
      ContextStorage watching = own ? new RecordedStorage() : new WatchedStorage(storage);
      watches = true;
      return watching;
    } catch (Throwable e) {
      // Without the memory to load a class, for one: the application keeps what it has.
      log.log(Log.Level.ERROR, "watch contexts", e);
      return storage;
    }
  }

  @Override
  public SpanExporter share(SpanExporter exporter) {
    SharedExporter shared = new SharedExporter(exporter, this::stop);
    exporters.add(shared);
    return shared;
  }

  @Override
  public SpanExporter shareOrReplace(SpanExporter exporter) {
    SpanExporter copy = SharedExporter.copy(exporter, SpanExporter.class);
    if (copy != null) {
      return share(copy);
    }
    // Then both use it at once.
    exporters.add(new SharedExporter(exporter, () -> {}));
    return exporter;
  }

  @Override
  public MetricExporter meter(MetricExporter exporter) {
    return new MeteredExporter(exporter, this::kernelMeter);
  }

  @Override
  public MetricExporter meterOrReplace(MetricExporter exporter) {
    MetricExporter copy = SharedExporter.copy(exporter, MetricExporter.class);
    return copy == null ? exporter : meter(copy);
  }

  private @Nullable KernelMeter kernelMeter() {
    KernelSpans running = spans;
    return running == null ? null : running.meter();
  }

  @Override
  public void hook() {
    hooked = true;
  }

  @Override
  public void configure(ConfigProperties config) {
    properties = config;
  }

  @Override
  public void start(AutoConfiguredOpenTelemetrySdk sdk) {
    try {
      // Whoever wrote one setting wrong may have written others wrong, too.
      List<String> unknown = Settings.unknown(sdk);
      Settings settings;
      try {
        settings = Settings.of(properties, sdk);
      } catch (Settings.InvalidException e) {
        unknown.forEach(log::warning);
        throw e;
      }
      log = new AgentLog(settings.debug());
      if (!settings.enabled()) {
        return;
      }
      unknown.forEach(log::warning);
      KernelSpans starting =
          new KernelSpans(
              watchesContexts() ? settings : settings.withoutSpans(),
              exporters,
              sdk.getOpenTelemetrySdk().getMeterProvider(),
              resource(sdk),
              log);
      spans = starting;
      // An exporter that can't send may never be told that it is the end.
      Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "ebpf-stop"));
      // The kernel checks every program, which takes some tenths of a second: not the
      // application's.
      new Loop.Threads(KernelSpans::thread, log).start("extension-start", starting::begin);
    } catch (Settings.InvalidException e) {
      log.error("no kernel spans: " + e.getMessage());
    } catch (Throwable e) {
      log.log(Log.Level.ERROR, "no kernel spans", e);
    }
  }

  /** Says so where it doesn't, or not those of all threads. */
  private boolean watchesContexts() {
    // The first use makes the storage, if there was none yet.
    ContextStorage _ = ContextStorage.get();
    if (!watches) {
      log.error(
          "no kernel spans: contexts were in use before they could be watched; name this extension"
              + " before others in otel.javaagent.extensions");
    } else if (!hooked) {
      log.warning(
          "virtual threads are in no span: their instrumentation is off"
              + " (otel.instrumentation.ebpf.enabled)");
    }
    return watches;
  }

  /** The application's, as its own spans have it: of one that is never ended, and so never sent. */
  private static @Nullable Resource resource(AutoConfiguredOpenTelemetrySdk sdk) {
    return sdk.getOpenTelemetrySdk()
                .getSdkTracerProvider()
                .get(KernelSpans.SCOPE)
                .spanBuilder("resource")
                .setNoParent()
                .startSpan()
            instanceof ReadableSpan span
        ? span.toSpanData().getResource()
        : null;
  }

  private void stop() {
    KernelSpans running = spans;
    if (running != null) {
      try {
        running.close();
      } catch (Throwable e) {
        log.log(Log.Level.ERROR, "stop kernel spans", e);
      }
    }
  }

  /** The resource of the first span that an exporter sent. */
  static @Nullable Resource resource(List<SharedExporter> exporters) {
    return exporters.stream()
        .map(SharedExporter::resource)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }
}
