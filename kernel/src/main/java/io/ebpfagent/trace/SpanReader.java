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
 * Reads ring buffers and hands their spans over in batches. One thread calls {@link #step} again
 * and again for all of them: it takes a record in well under a microsecond, so a second one would
 * add nothing but smaller batches. A step drains, rests a moment while the buffers are nearly
 * empty, and sleeps in poll(2) when nothing came: under load the kernel then wakes the thread a
 * thousand times a second and not once a record.
 *
 * <p>The buffers belong to the thread: it closes those that it is told to read no more, when it has
 * taken their last records.
 */
public final class SpanReader {
  private static final long REST_NANOS = 1_000_000;
  private static final double REST_BELOW = 1.0 / 8;

  /** For a record that a producer has reserved and not yet filled: poll(2) won't wait for that. */
  private static final long BUSY_NANOS = 100_000;

  private static final long BATCH_AGE_NANOS = 1_000_000_000L;
  private static final long CACHE_AGE_NANOS = 60_000_000_000L;
  private static final long LAST_LOOK_NANOS = 1_000_000_000L;

  /** Programs may submit records without waking anyone. */
  private static final int LONGEST_SLEEP_MILLIS = 1_000;

  private final EpochClock clock;
  private final Log log;

  /** What is to be read, and where its spans go. */
  private record Work(List<SpanRing> rings, Poll poll, SpanSink sink) {}

  /** What other threads want to be read. */
  private volatile Work wanted;

  // The thread's own.
  private Work work;
  private List<SpanRecord> batch = new ArrayList<>();
  private long batchSince;
  private long agedAt = System.nanoTime();
  private boolean awaited;

  private volatile boolean stopping;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition looked = lock.newCondition();
  // Guarded by the lock.
  private long looksWanted;
  private long looksDone;

  /**
   * @param rings to read, from now on the thread's to close
   * @param clock measured anew by the thread that reads
   * @throws KernelException when the process has no descriptor left; then the buffers stay the
   *     caller's
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
   * Has the thread read other buffers. It goes on with those that it reads already; of those that
   * are missing it takes the last records, and closes them.
   *
   * @throws KernelException when the process has no descriptor left; then nothing changes
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

  /** The buffers that are read, or will be. */
  public List<SpanRing> rings() {
    return wanted.rings;
  }

  /** The state of each ring buffer. */
  public List<RingState> states() {
    return wanted.rings.stream().map(SpanRing::state).toList();
  }

  /**
   * Waits until the thread has taken what the buffers had when this was called: programs may have
   * put something in without waking it.
   *
   * @param atMostMillis how long; a thread that is busy is not waited for
   */
  public void look(long atMostMillis) {
    lock.lock();
    try {
      if (stopping) {
        return;
      }
      // A look that is under way may have passed a buffer already, so it takes another.
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
   * Takes what is there, hands over what is due, and sleeps for a second at most.
   *
   * @return false when it was stopped and the last spans were handed over
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

  /** What the programs wrote before they were detached. */
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

  /** Lets the thread take the last records, hand them over, close the buffers, and end. */
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
