package io.ebpfagent.trace;

import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.RingBufferPoll;
import io.ebpfagent.config.Span;
import io.ebpfagent.decode.Decoders;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads the ring buffers of a set of configs. One thread reads them all: it takes a record in well
 * under a microsecond, so a second one would add nothing but smaller batches. It drains, rests a
 * moment while the buffers are nearly empty, and sleeps in poll(2) when nothing came: under load
 * the kernel then wakes it a thousand times a second and not once a record.
 */
public final class SpanReaders implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent.trace");

  private static final long REST_NANOS = 1_000_000;
  private static final double REST_BELOW = 1.0 / 8;

  /** For a record that a producer has reserved and not yet filled: poll(2) won't wait for that. */
  private static final long BUSY_NANOS = 100_000;

  private static final long BATCH_AGE_NANOS = 1_000_000_000L;
  private static final long CACHE_AGE_NANOS = 60_000_000_000L;
  private static final long LAST_LOOK_NANOS = 1_000_000_000L;
  private static final int FOR_EVER = -1;

  private final List<SpanRing> rings;
  private final RingBufferPoll poll;
  private final SpanSink sink;
  private final EpochClock clock;
  private final Thread thread;

  private List<SpanRecord> batch = new ArrayList<>();
  private long batchSince;
  private long agedAt = System.nanoTime();
  private volatile boolean stopping;
  private boolean closed;

  private SpanReaders(List<SpanRing> rings, RingBufferPoll poll, SpanSink sink, EpochClock clock) {
    this.rings = List.copyOf(rings);
    this.poll = poll;
    this.sink = sink;
    this.clock = clock;
    thread = new Thread(this::run, "spans");
    thread.setDaemon(true);
  }

  /**
   * Opens the ring buffers of all spans of the configs. One that can't be opened is logged, and the
   * others count.
   *
   * @throws BpfException when the process has no descriptor left
   */
  public static SpanReaders open(
      List<AttachedConfig> configs, Decoders decoders, SpanSink sink, EpochClock clock)
      throws BpfException {
    List<SpanRing> rings = new ArrayList<>();
    for (AttachedConfig config : configs) {
      String name = config.config().name();
      for (Span span : config.config().spans()) {
        if (!config.beginRead()) {
          continue;
        }
        try {
          rings.add(
              new SpanRing(
                  name,
                  config.map(span.ringbuf()).ringBuffer(),
                  new SpanDecoder(name, span, decoders, clock),
                  sink.counts()));
        } catch (BpfException e) {
          LOG.log(System.Logger.Level.ERROR, "{0}: no spans: {1}", name, e.getMessage());
        } finally {
          config.endRead();
        }
      }
    }
    try {
      RingBufferPoll poll = new RingBufferPoll(rings.stream().map(SpanRing::buffer).toList());
      return new SpanReaders(rings, poll, sink, clock);
    } catch (BpfException e) {
      rings.forEach(SpanRing::close);
      throw e;
    }
  }

  /** Begins to read. */
  public void start() {
    thread.start();
  }

  /** The state of each ring buffer; the fullest states start anew. */
  public List<RingState> takeStates() {
    return rings.stream().map(SpanRing::takeState).toList();
  }

  private void run() {
    boolean awaited = false;
    while (!stopping) {
      int read = drain();
      handOverWhenDue();
      if (read == 0) {
        if (awaited) {
          LockSupport.parkNanos(BUSY_NANOS);
        }
        awaited = poll.await(waitMillis());
      } else {
        awaited = false;
        if (rings.stream().allMatch(ring -> ring.buffer().used() < REST_BELOW)) {
          LockSupport.parkNanos(REST_NANOS);
        }
      }
    }
    // What the programs wrote before they were detached.
    long begin = System.nanoTime();
    while (drain() > 0 && System.nanoTime() - begin < LAST_LOOK_NANOS) {
      handOverWhenDue();
    }
    handOver();
  }

  private int drain() {
    clock.refresh();
    long now = System.nanoTime();
    if (now - agedAt >= CACHE_AGE_NANOS) {
      agedAt = now;
      rings.forEach(SpanRing::age);
    }
    int read = 0;
    for (SpanRing ring : rings) {
      if (batch.isEmpty()) {
        batchSince = now;
      }
      read += ring.drain(SpanSink.MOST_AT_ONCE - batch.size(), batch);
      if (batch.size() >= SpanSink.MOST_AT_ONCE) {
        handOver();
      }
    }
    return read;
  }

  private void handOverWhenDue() {
    if (!batch.isEmpty() && System.nanoTime() - batchSince >= BATCH_AGE_NANOS) {
      handOver();
    }
  }

  private void handOver() {
    if (batch.isEmpty()) {
      return;
    }
    List<SpanRecord> full = batch;
    batch = new ArrayList<>(full.size());
    try {
      sink.accept(full);
    } catch (RuntimeException e) {
      sink.counts().addDropped(SpanCounts.Reason.EXPORT_FAILED, full.size());
      LOG.log(System.Logger.Level.ERROR, "hand over spans", e);
    }
  }

  private int waitMillis() {
    if (batch.isEmpty()) {
      return FOR_EVER;
    }
    long left = BATCH_AGE_NANOS - (System.nanoTime() - batchSince);
    return (int) Math.max(1, left / 1_000_000);
  }

  /**
   * Reads what is still there, hands it over, and unmaps the buffers. Best called when the configs
   * are closed, so that nothing more comes.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    stopping = true;
    poll.wake();
    try {
      if (thread.isAlive()) {
        thread.join();
      }
    } catch (InterruptedException e) {
      // The thread still reads the pages: they stay mapped.
      Thread.currentThread().interrupt();
      return;
    }
    poll.close();
    rings.forEach(SpanRing::close);
  }
}
