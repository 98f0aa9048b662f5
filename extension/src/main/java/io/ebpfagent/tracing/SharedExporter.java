// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One of the application's exporters, which its span processor and we use in turns: an exporter may
 * refuse, or mix up, what it gets at once. A turn ends when the batch is sent.
 */
final class SharedExporter implements SpanExporter {
  private static final long LONGEST_TURN_SECONDS = 30;

  private final SpanExporter exporter;
  private final Runnable beforeShutdown;
  private final Semaphore turn = new Semaphore(1, true);
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
    boolean taken = takeTurn();
    CompletableResultCode result;
    try {
      result = exporter.export(spans);
    } catch (RuntimeException | Error e) {
      endTurn(taken);
      throw e;
    }
    result.whenComplete(() -> endTurn(taken));
    return result;
  }

  /** Waits for the other's batch, though not for one whose end is never told. */
  private boolean takeTurn() {
    try {
      return turn.tryAcquire(LONGEST_TURN_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void endTurn(boolean taken) {
    if (taken) {
      turn.release();
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
        return SharedExporter.this.export(spans);
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
