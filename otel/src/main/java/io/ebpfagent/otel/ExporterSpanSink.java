// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.otel;

import io.ebpfagent.engine.Loop;
import io.ebpfagent.log.Log;
import io.ebpfagent.trace.SpanCounts;
import io.ebpfagent.trace.SpanCounts.Reason;
import io.ebpfagent.trace.SpanRecord;
import io.ebpfagent.trace.SpanSink;
import io.opentelemetry.sdk.common.CompletableResultCode;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends spans through a span exporter in large batches, a few at a time. When the receiver is slow
 * or unreachable, a bounded queue fills up; further spans are dropped and counted. The exporter is
 * created with the first batch, on the sending thread, so that it does not delay the start.
 */
public final class ExporterSpanSink implements SpanSink {
  /** Limit of the spans that wait or are being sent; they take some 30 MB. */
  private static final long MOST_PENDING = 16 * MOST_AT_ONCE;

  private static final int MOST_IN_FLIGHT = 4;
  private static final long LONGEST_SLEEP_MILLIS = 1_000;

  private final Supplier<@Nullable Destination> opening;
  private final Log log;
  private final SpanCounts counts = new SpanCounts();
  private final BlockingQueue<Batch> queue = new LinkedBlockingQueue<>();
  private final Set<Batch> pending = ConcurrentHashMap.newKeySet();
  private final AtomicLong pendingSpans = new AtomicLong();
  private final Semaphore inFlight = new Semaphore(MOST_IN_FLIGHT);
  private final Loop loop;
  private volatile boolean closed;

  // The following fields are only used by the sending thread.
  private @Nullable Destination destination;
  private boolean opened;

  /**
   * @param opening creates the destination, once, when the first spans come; returns null, after
   *     logging the reason, when there is none
   * @param threads starts the sending thread
   * @throws IllegalStateException when no thread can be started
   */
  public ExporterSpanSink(Supplier<@Nullable Destination> opening, Loop.Threads threads, Log log) {
    this.opening = opening;
    this.log = log;
    loop = threads.start("span-export", this::sendNext);
  }

  /** Marks the end of the queue: the thread ends when it reaches this batch. */
  private final Batch end = new Batch(List.of());

  /**
   * Spans that are sent together. Each batch is counted once, by the first that knows its result.
   */
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

  private boolean sendNext() throws InterruptedException {
    Batch batch = queue.poll(LONGEST_SLEEP_MILLIS, TimeUnit.MILLISECONDS);
    if (batch == null) {
      return true;
    }
    if (batch == end) {
      if (destination != null) {
        destination.shutdown();
      }
      return false;
    }
    try {
      if (!opened) {
        opened = true;
        destination = opening.get();
      }
      send(batch, destination);
    } catch (RuntimeException | Error e) {
      batch.dropped(Reason.EXPORT_FAILED);
      throw e;
    }
    return true;
  }

  private void send(Batch batch, @Nullable Destination to) throws InterruptedException {
    if (to == null) {
      batch.dropped(Reason.NO_EXPORTER);
      return;
    }
    inFlight.acquire();
    CompletableResultCode result;
    try {
      result = to.export(batch.spans);
    } catch (RuntimeException | Error e) {
      inFlight.release();
      throw e;
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
          // Batches may also be settled without a notification, so this checks periodically.
          pending.wait(Math.min(left, 50));
          left = (deadline - System.nanoTime()) / 1_000_000;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    pending.forEach(batch -> batch.dropped(Reason.STOPPED));
    queue.add(end);
    loop.end(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
    log.info("spans: %s exported, %s dropped".formatted(counts.exported(), counts.lost()));
  }
}
