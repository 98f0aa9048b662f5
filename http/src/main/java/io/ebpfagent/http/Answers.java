// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import io.ebpfagent.log.Log;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads that write answers: as many as there are answers to write, and no more than allowed.
 * Where that is not enough, the answer whose client has read nothing for longest makes room.
 */
final class Answers {
  /** Something for a thread to do. */
  interface Job extends Runnable {
    /** For how many milliseconds its client has held it up; 0 for not at all. */
    long stalled();

    /** Ends it soon; called by another thread. */
    void cut(String reason);
  }

  /** A thread with nothing to do ends after this long. */
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** While jobs wait for a thread, stalled ones are looked for this often. */
  private static final long RELIEF_MILLIS = 10;

  private final Limits limits;
  private final NamedThreads threads;
  private final ScheduledExecutorService timer;
  private final Log log;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition done = lock.newCondition();
  private final Deque<Job> waiting = new ArrayDeque<>();
  private final Set<Job> running = new LinkedHashSet<>();
  private int started;
  private int resting;
  private boolean relieving;
  private boolean closed;

  Answers(Limits limits, NamedThreads threads, ScheduledExecutorService timer, Log log) {
    this.limits = limits;
    this.threads = threads;
    this.timer = timer;
    this.log = log;
  }

  /** Runs a job after those that wait already. */
  void submit(Job job) {
    lock.lock();
    try {
      waiting.addLast(job);
      provide();
    } finally {
      lock.unlock();
    }
  }

  /** Runs a job before those that wait. */
  void submitFirst(Job job) {
    lock.lock();
    try {
      waiting.addFirst(job);
      provide();
    } finally {
      lock.unlock();
    }
  }

  /** Sees to it that somebody takes what waits. */
  private void provide() {
    work.signal();
    if (waiting.size() <= resting) {
      return;
    }
    if (started < limits.answers()) {
      try {
        threads.newThread(this::work).start();
        started++;
        return;
      } catch (OutOfMemoryError e) {
        log.log(Log.Level.WARNING, "no thread to be had for an answer", e);
      }
    }
    relieveSoon();
  }

  private void work() {
    Job job = next(null);
    while (job != null) {
      try {
        job.run();
      } catch (Throwable e) {
        log.log(Log.Level.ERROR, "an answer failed", e);
      }
      job = next(job);
    }
  }

  private @Nullable Job next(@Nullable Job last) {
    lock.lock();
    try {
      if (last != null) {
        running.remove(last);
        done.signalAll();
      }
      long left = REST_NANOS;
      while (waiting.isEmpty() && left > 0 && !closed) {
        resting++;
        try {
          left = work.awaitNanos(left);
        } catch (InterruptedException e) {
          left = 0;
        } finally {
          resting--;
        }
      }
      Job job = waiting.pollFirst();
      if (job == null) {
        started--;
      } else {
        running.add(job);
      }
      return job;
    } finally {
      lock.unlock();
    }
  }

  private void relieveSoon() {
    if (!relieving && !closed) {
      relieving = true;
      Future<?> unused = timer.schedule(this::relieve, RELIEF_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Makes room for those that wait. The more they are, the less patience there is. */
  private void relieve() {
    List<Job> slowest;
    lock.lock();
    try {
      relieving = false;
      if (waiting.isEmpty()) {
        return;
      }
      long patience =
          limits.patience().toMillis() * limits.answers() / (limits.answers() + waiting.size());
      slowest = stalled(patience, waiting.size());
      relieveSoon();
    } finally {
      lock.unlock();
    }
    slowest.forEach(job -> job.cut("others wait"));
  }

  private List<Job> stalled(long millis, int most) {
    lock.lock();
    try {
      return running.stream()
          .filter(job -> job.stalled() > millis)
          .sorted(Comparator.comparingLong(Job::stalled).reversed())
          .limit(most)
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the jobs that have not moved for too long; called now and then. */
  void tick() {
    Duration longest = limits.stall();
    stalled(longest.toMillis(), Integer.MAX_VALUE)
        .forEach(job -> job.cut("nothing was read for " + longest.toMillis() + " ms"));
    lock.lock();
    try {
      if (!waiting.isEmpty()) {
        provide();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until all are done; those that stall for {@code moment} are cut, and what isn't done in
   * time.
   *
   * @return whether all were done in time
   */
  boolean finish(Duration time, Duration moment) {
    long end = System.nanoTime() + time.toNanos();
    lock.lock();
    try {
      while (!waiting.isEmpty() || !running.isEmpty()) {
        if (System.nanoTime() - end > 0) {
          running.forEach(job -> job.cut("the server stops"));
          return false;
        }
        stalled(moment.toMillis(), Integer.MAX_VALUE).forEach(job -> job.cut("the server stops"));
        done.awaitNanos(moment.toNanos() / 4);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      closed = true;
      work.signalAll();
      lock.unlock();
    }
  }
}
