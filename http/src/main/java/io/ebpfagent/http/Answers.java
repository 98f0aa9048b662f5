// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import io.ebpfagent.log.Log;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads that write answers: as many as there are answers to write, and no more than allowed.
 *
 * <p>Where that is not enough, and those under way wait for their clients more than they work, the
 * one whose client has read nothing for longest makes room. Clients that have read an answer before
 * come first, and of the others the newest: after a rush of requests, which takes its time though
 * nobody reads an answer, it is the one that somebody still waits for.
 */
final class Answers {
  /** Something for a thread to do. */
  interface Job extends Runnable {
    /** Which comes first: the higher. No two jobs have the same. */
    long turn();

    /** For how many milliseconds its client has held it up; 0 for not at all. */
    long stalled();

    /** Ends it soon, or before it begins; called by another thread. */
    void cut(String reason);
  }

  /** A thread with nothing to do ends after this long. */
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** While jobs wait for a thread, stalled ones are looked for this often. */
  private static final long RELIEF_MILLIS = 10;

  private static final int CPUS = Runtime.getRuntime().availableProcessors();

  private final Limits limits;
  private final NamedThreads threads;
  private final ScheduledExecutorService timer;
  private final Log log;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition done = lock.newCondition();

  /** What comes before all others. */
  private final Deque<Job> urgent = new ArrayDeque<>();

  /** By their turn. */
  private final NavigableMap<Long, Job> waiting = new TreeMap<>();

  private final Set<Job> running = new LinkedHashSet<>();

  /** When an answer last began or ended. */
  private long lastChange = System.nanoTime();

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

  void submit(Job job) {
    lock.lock();
    try {
      waiting.put(job.turn(), job);
      provide();
    } finally {
      lock.unlock();
    }
  }

  /** Runs a job at once, whatever else runs or waits. */
  void submitUrgent(Job job) {
    lock.lock();
    try {
      urgent.addLast(job);
      provide();
    } finally {
      lock.unlock();
    }
  }

  /** Sees to it that somebody takes what waits. */
  private void provide() {
    work.signal();
    if (hasNext() && urgent.size() + waiting.size() <= resting) {
      return;
    }
    if (started < limits.answers() + (urgent.isEmpty() ? 0 : 1)) {
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
      if (last != null && running.remove(last)) {
        lastChange = System.nanoTime();
        done.signalAll();
      }
      long left = REST_NANOS;
      while (!hasNext() && left > 0 && !closed) {
        resting++;
        try {
          left = work.awaitNanos(left);
        } catch (InterruptedException e) {
          left = 0;
        } finally {
          resting--;
        }
      }
      if (!hasNext()) {
        started--;
        return null;
      }
      if (!urgent.isEmpty()) {
        return urgent.removeFirst();
      }
      Job job = waiting.pollLastEntry().getValue();
      running.add(job);
      lastChange = System.nanoTime();
      return job;
    } finally {
      lock.unlock();
    }
  }

  private boolean hasNext() {
    return !urgent.isEmpty() || (!waiting.isEmpty() && running.size() < limits.answers());
  }

  /**
   * Whether answers wait for others that, for long, have done nothing, not even wait for a client.
   */
  boolean hang() {
    lock.lock();
    try {
      return !waiting.isEmpty()
          && running.size() == limits.answers()
          && running.stream().allMatch(job -> job.stalled() == 0)
          && System.nanoTime() - lastChange > limits.hang().toNanos();
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

  /** Makes room for those that wait, unless the CPUs are busy with those that don't. */
  private void relieve() {
    List<Job> slowest;
    lock.lock();
    try {
      relieving = false;
      if (waiting.isEmpty()) {
        return;
      }
      List<Job> stalled = stalled(limits.patience());
      int moving = running.size() - stalled.size();
      int room = Math.min(waiting.size(), Math.max(0, CPUS - moving));
      slowest = stalled.subList(0, Math.min(room, stalled.size()));
      relieveSoon();
    } finally {
      lock.unlock();
    }
    slowest.forEach(job -> job.cut("others wait"));
  }

  /** Those that stalled for longer than that, the longest first. */
  private List<Job> stalled(Duration time) {
    lock.lock();
    try {
      return running.stream()
          .filter(job -> job.stalled() > time.toMillis())
          .sorted(Comparator.comparingLong(Job::stalled).reversed())
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the jobs that have not moved for too long; called now and then. */
  void tick() {
    Duration longest = limits.stall();
    stalled(longest).forEach(job -> job.cut("no progress for " + longest.toMillis() + " ms"));
    lock.lock();
    try {
      if (!waiting.isEmpty()) {
        provide();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives up the job whose turn would come last; false where none waits. */
  boolean cutLast() {
    Map.Entry<Long, Job> last;
    lock.lock();
    try {
      last = waiting.pollFirstEntry();
    } finally {
      lock.unlock();
    }
    if (last != null) {
      last.getValue().cut("too many connections");
    }
    return last != null;
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
          waiting.values().forEach(job -> job.cut("the server stops"));
          running.forEach(job -> job.cut("the server stops"));
          waiting.clear();
          return false;
        }
        stalled(moment).forEach(job -> job.cut("the server stops"));
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
