package io.ebpfagent.standalone;

import io.ebpfagent.trace.SpanCounts;
import io.ebpfagent.trace.SpanCounts.Reason;
import io.ebpfagent.trace.SpanRecord;
import io.ebpfagent.trace.SpanSink;
import io.opentelemetry.sdk.common.CompletableResultCode;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Sends spans through the exporter that the {@code OTEL_*} environment configures: large batches, a
 * few at a time. A receiver that is slow or away fills a bounded queue, and then costs spans, which
 * are counted. The OpenTelemetry SDK is started by the first batch, on the sending thread: the
 * exporter's own start doesn't wait for it.
 */
final class OtlpSpanSink implements SpanSink {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent.standalone");

  /** Spans that are waiting or being sent, at most: some 30 MB. */
  private static final long MOST_PENDING = 16 * MOST_AT_ONCE;

  private static final int MOST_IN_FLIGHT = 4;

  private static final List<String> VARIABLES =
      List.of(
          "OTEL_EXPORTER_OTLP_ENDPOINT",
          "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
          "OTEL_TRACES_EXPORTER");

  private final SpanCounts counts = new SpanCounts();
  private final BlockingQueue<Batch> queue = new LinkedBlockingQueue<>();
  private final Set<Batch> pending = ConcurrentHashMap.newKeySet();
  private final AtomicLong pendingSpans = new AtomicLong();
  private final Semaphore inFlight = new Semaphore(MOST_IN_FLIGHT);
  private final Thread thread = new Thread(this::run, "span-export");
  private volatile boolean closed;

  OtlpSpanSink() {
    thread.setDaemon(true);
    thread.start();
  }

  /** Whether the environment says that spans go somewhere, even if no config has any. */
  static boolean isConfigured() {
    return VARIABLES.stream().anyMatch(name -> !System.getenv().getOrDefault(name, "").isBlank());
  }

  /** Spans that are sent together, and what becomes of them: once, whoever is first to know. */
  private final class Batch {
    private final List<SpanRecord> spans;
    private final AtomicBoolean settled = new AtomicBoolean();

    Batch(List<SpanRecord> spans) {
      this.spans = spans;
    }

    void exported() {
      if (settle()) {
        counts.addExported(spans.size());
      }
    }

    void dropped(Reason reason) {
      if (settle()) {
        counts.addDropped(reason, spans.size());
      }
    }

    private boolean settle() {
      if (!settled.compareAndSet(false, true)) {
        return false;
      }
      pending.remove(this);
      pendingSpans.addAndGet(-spans.size());
      return true;
    }
  }

  @Override
  public void accept(List<SpanRecord> spans) {
    if (closed) {
      counts.addDropped(Reason.STOPPED, spans.size());
    } else if (pendingSpans.addAndGet(spans.size()) > MOST_PENDING) {
      pendingSpans.addAndGet(-spans.size());
      counts.addDropped(Reason.QUEUE_FULL, spans.size());
    } else {
      Batch batch = new Batch(spans);
      pending.add(batch);
      queue.add(batch);
    }
  }

  @Override
  public SpanCounts counts() {
    return counts;
  }

  private void run() {
    SpanPipeline pipeline = null;
    boolean opened = false;
    try {
      while (!Thread.interrupted()) {
        Batch batch = queue.take();
        if (!opened) {
          opened = true;
          pipeline = SpanPipeline.open();
        }
        send(batch, pipeline);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (pipeline != null) {
        pipeline.close();
      }
    }
  }

  private void send(Batch batch, @Nullable SpanPipeline pipeline) throws InterruptedException {
    if (pipeline == null) {
      batch.dropped(Reason.NO_EXPORTER);
      return;
    }
    inFlight.acquire();
    CompletableResultCode result;
    try {
      result = pipeline.export(batch.spans);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "export spans", e);
      result = CompletableResultCode.ofExceptionalFailure(e);
    }
    CompletableResultCode done = result;
    done.whenComplete(
        () -> {
          inFlight.release();
          if (done.isSuccess()) {
            batch.exported();
          } else {
            batch.dropped(Reason.EXPORT_FAILED);
          }
          synchronized (pending) {
            pending.notifyAll();
          }
        });
  }

  @Override
  public void close(Duration limit) {
    closed = true;
    long deadline = System.nanoTime() + limit.toNanos();
    try {
      synchronized (pending) {
        long left = limit.toMillis();
        while (!pending.isEmpty() && left > 0) {
          // Batches may also settle unheard, so look again now and then.
          pending.wait(Math.min(left, 50));
          left = (deadline - System.nanoTime()) / 1_000_000;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    pending.forEach(batch -> batch.dropped(Reason.STOPPED));
    thread.interrupt();
    LOG.log(
        Level.INFO, "spans: %d exported, %d dropped".formatted(counts.exported(), counts.lost()));
  }
}
