// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One of the application's exporters, which its span processor and we call in turns: an exporter
 * may count on not being called twice at once. The application doesn't wait for our batch to
 * arrive, which may take as long as the other side likes, and hardly for a call that doesn't
 * return.
 */
final class SharedExporter implements SpanExporter {
  private static final Duration APPLICATION_WAITS = Duration.ofSeconds(1);
  private static final Duration WE_WAIT = Duration.ofSeconds(30);

  private final SpanExporter exporter;
  private final Runnable beforeShutdown;
  private final ReentrantLock turn = new ReentrantLock(true);

  /** Whether somebody waited for the one whose turn it is in vain. */
  private volatile boolean stuck;

  private final AtomicReference<@Nullable Resource> resource = new AtomicReference<>();

  /**
   * @param beforeShutdown sends what we still have; called before the exporter is shut down, every
   *     time
   */
  SharedExporter(SpanExporter exporter, Runnable beforeShutdown) {
    this.exporter = exporter;
    this.beforeShutdown = beforeShutdown;
  }

  /**
   * Another exporter that does the same, if an exporter can be copied, as OpenTelemetry's own for
   * OTLP can; else null. They have a method for it each, and no type in common.
   */
  static <T> @Nullable T copy(T exporter, Class<T> type) {
    try {
      Object builder = exporter.getClass().getMethod("toBuilder").invoke(exporter);
      return type.cast(builder.getClass().getMethod("build").invoke(builder));
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }

  /** The resource of the first span that it sent; null when there was none yet. */
  @Nullable Resource resource() {
    return resource.get();
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    if (resource.get() == null && !spans.isEmpty()) {
      resource.compareAndSet(null, spans.iterator().next().getResource());
    }
    // Without a turn it is sent all the same: the application's spans don't hang on ours.
    return export(spans, takeTurn(stuck ? Duration.ZERO : APPLICATION_WAITS));
  }

  private CompletableResultCode export(Collection<SpanData> spans, boolean taken) {
    try {
      return exporter.export(spans);
    } finally {
      if (taken) {
        stuck = false;
        turn.unlock();
      }
    }
  }

  private CompletableResultCode exportOurs(Collection<SpanData> spans) {
    return takeTurn(WE_WAIT) ? export(spans, true) : CompletableResultCode.ofFailure();
  }

  private boolean takeTurn(Duration most) {
    boolean interrupted = Thread.interrupted();
    try {
      boolean taken = turn.tryLock(most.toNanos(), TimeUnit.NANOSECONDS);
      stuck |= !taken;
      return taken;
    } catch (InterruptedException e) {
      interrupted = true;
      return false;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public CompletableResultCode flush() {
    return exporter.flush();
  }

  @Override
  public CompletableResultCode shutdown() {
    beforeShutdown.run();
    return exporter.shutdown();
  }

  /** The exporter for what doesn't own it: its shutdown is the application's. */
  SpanExporter ours() {
    return new SpanExporter() {
      @Override
      public CompletableResultCode export(Collection<SpanData> spans) {
        return exportOurs(spans);
      }

      @Override
      public CompletableResultCode flush() {
        return SharedExporter.this.flush();
      }

      @Override
      public CompletableResultCode shutdown() {
        return CompletableResultCode.ofSuccess();
      }
    };
  }

  @Override
  public String toString() {
    return exporter.toString();
  }
}
