// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import io.ebpfagent.bpf.RingBuffer;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.linux.Poll;
import io.ebpfagent.log.Log;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Reads ring buffers and passes their spans on in batches. One thread calls {@link #step}
 * repeatedly for all buffers: it takes well under a microsecond for each record, so a second thread
 * would only make batches smaller. A step drains the buffers, pauses for a moment while they are
 * nearly empty, and sleeps in poll(2) when nothing came. So under load the kernel wakes the thread
 * about a thousand times a second instead of once for each record.
 *
 * <p>The buffers belong to the thread: when it is told to stop reading one, it takes the last
 * records and closes the buffer.
 */
public final class SpanReader {
  private static final long REST_NANOS = 1_000_000;
  private static final double REST_BELOW = 1.0 / 8;

  /**
   * Pause for a record that a producer has reserved but not filled yet: poll(2) would not wait for
   * it.
   */
  private static final long BUSY_NANOS = 100_000;

  private static final long BATCH_AGE_NANOS = 1_000_000_000L;
  private static final long CACHE_AGE_NANOS = 60_000_000_000L;
  private static final long LAST_LOOK_NANOS = 1_000_000_000L;

  /** Limits the sleep, because programs may submit records without waking the reader. */
  private static final int LONGEST_SLEEP_MILLIS = 1_000;

  private final EpochClock clock;
  private final Log log;

  /** The ring buffers to read, and the receiver of their spans. */
  private record Work(List<SpanRing> rings, Poll poll, SpanSink sink) {}

  /** The work that other threads have requested. */
  private volatile Work wanted;

  // The fields up to "awaited" are only used by the reading thread.
  private Work work;
  private List<SpanRecord> batch = new ArrayList<>();
  private long batchSince;
  private long agedAt = System.nanoTime();
  private boolean awaited;

  private volatile boolean stopping;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition looked = lock.newCondition();
  // The fields up to "looksDone" are guarded by the lock.
  private long looksWanted;
  private long looksDone;

  /**
   * @param rings the ring buffers to read; from now on the thread closes them
   * @param clock refreshed by the reading thread
   * @throws KernelException when the process has no file descriptor left; then the caller still has
   *     to close the buffers
   */
  public SpanReader(List<SpanRing> rings, SpanSink sink, EpochClock clock, Log log)
      throws KernelException {
    this.clock = clock;
    this.log = log;
    wanted = work(rings, sink);
    work = wanted;
  }

  private static Work work(List<SpanRing> rings, SpanSink sink) throws KernelException {
    Poll poll = RingBuffer.poll(rings.stream().map(SpanRing::buffer).toList());
    return new Work(List.copyOf(rings), poll, sink);
  }

  /**
   * Changes the buffers that the thread reads. It continues with those that it reads already; of
   * those that are no longer listed it takes the last records, and closes them.
   *
   * @throws KernelException when the process has no file descriptor left; then nothing changes
   */
  public void read(List<SpanRing> rings, SpanSink sink) throws KernelException {
    Work next = work(rings, sink);
    Work before;
    lock.lock();
    try {
      before = wanted;
      wanted = next;
    } finally {
      lock.unlock();
    }
    before.poll.wake();
  }

  /** Returns the buffers that are read, or will be. */
  public List<SpanRing> rings() {
    return wanted.rings;
  }

  /** Returns the state of each ring buffer. */
  public List<RingState> states() {
    return wanted.rings.stream().map(SpanRing::state).toList();
  }

  /**
   * Waits until the thread has read what was in the buffers at the time of the call: programs may
   * have submitted records without waking it.
   *
   * @param atMostMillis timeout in milliseconds, after which a busy thread is no longer waited for
   */
  public void look(long atMostMillis) {
    lock.lock();
    try {
      if (stopping) {
        return;
      }
      // A look in progress may have passed a buffer already, so another one is needed.
      long look = ++looksWanted;
      wanted.poll.wake();
      long left = TimeUnit.MILLISECONDS.toNanos(atMostMillis);
      while (looksDone < look && left > 0) {
        left = looked.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads what is in the buffers, passes on what is due, and sleeps for a second at most.
   *
   * @return false when it was stopped and the last spans were passed on
   */
  public boolean step() {
    Work next = wanted;
    if (!next.equals(work)) {
      change(next);
    }
    if (stopping) {
      finish();
      return false;
    }
    long looks = looksWanted();
    int read = drain(work.rings);
    looksDone(looks);
    handOverWhenDue();
    if (read == 0) {
      if (awaited) {
        LockSupport.parkNanos(BUSY_NANOS);
      }
      awaited = work.poll.await(waitMillis());
    } else {
      awaited = false;
      if (work.rings.stream().allMatch(ring -> ring.buffer().used() < REST_BELOW)) {
        LockSupport.parkNanos(REST_NANOS);
      }
    }
    return true;
  }

  private long looksWanted() {
    lock.lock();
    try {
      return looksWanted;
    } finally {
      lock.unlock();
    }
  }

  private void looksDone(long done) {
    lock.lock();
    try {
      if (done > looksDone) {
        looksDone = done;
        looked.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void change(Work next) {
    Work before = work;
    List<SpanRing> gone = before.rings.stream().filter(ring -> !next.rings.contains(ring)).toList();
    takeLast(gone);
    work = next;
    before.poll.close();
    gone.forEach(SpanRing::close);
  }

  private void finish() {
    takeLast(work.rings);
    work.poll.close();
    work.rings.forEach(SpanRing::close);
  }

  /** Reads what the programs wrote before they were detached. */
  private void takeLast(List<SpanRing> rings) {
    long begin = System.nanoTime();
    while (drain(rings) > 0 && System.nanoTime() - begin < LAST_LOOK_NANOS) {
      handOverWhenDue();
    }
    handOver();
  }

  private int drain(List<SpanRing> rings) {
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
    batch = List.of();
    try {
      work.sink.accept(full);
    } catch (RuntimeException | Error e) {
      work.sink.counts().addDropped(SpanCounts.Reason.EXPORT_FAILED, full.size());
      log.log(Log.Level.ERROR, "hand over spans", e);
    } finally {
      batch = new ArrayList<>();
    }
  }

  private int waitMillis() {
    if (batch.isEmpty()) {
      return LONGEST_SLEEP_MILLIS;
    }
    long left = BATCH_AGE_NANOS - (System.nanoTime() - batchSince);
    return Math.clamp(left / 1_000_000, 1, LONGEST_SLEEP_MILLIS);
  }

  /** Tells the thread to read the last records, pass them on, close the buffers, and end. */
  public void stop() {
    lock.lock();
    try {
      stopping = true;
      looksDone = Long.MAX_VALUE;
      looked.signalAll();
    } finally {
      lock.unlock();
    }
    wanted.poll.wake();
  }
}
