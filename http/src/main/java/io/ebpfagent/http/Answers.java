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
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads that write answers: one for each answer in progress, up to a limit. The others wait
 * for their turn, in the order of their requests; some requests have a start on others. When many
 * wait, every other one taken is the newest: after a rush of requests that nobody reads the answers
 * to, somebody is most likely still waiting for that one.
 *
 * <p>Answers in progress may be waiting for their clients more than they work. While others wait
 * for a thread, a client may therefore hold one up only for its share of a second: the more wait,
 * the shorter. Whoever holds up a thread for longer, and does not read fast, is cut, and first of
 * all whoever does so for the longest time. So the wait for a thread is about a second at most,
 * however many clients read slowly or not at all.
 */
final class Answers {
  /** A job for a thread. */
  interface Job extends Runnable {
    /** Returns when it is the job's turn, by {@link System#nanoTime}; the earliest comes first. */
    long turn();

    /** Whether its client has read an answer before; such clients are cut last. */
    boolean isKnown();

    /** Returns for how many milliseconds its client has taken nothing; 0 if it takes what comes. */
    long stalled();

    /** Returns for how many milliseconds its client has held it up, in all. */
    long held();

    /** Returns how many bytes its client has taken. */
    long taken();

    /** Ends the job soon, or before it begins; called by another thread. */
    void cut(String reason);
  }

  /** How long an idle thread waits for a job before it ends. */
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** How often stalled jobs are looked for while jobs wait for a thread. */
  private static final long RELIEF_MILLIS = 10;

  /** When more jobs wait, every other one that is taken is the newest. */
  private static final int MANY = 16;

  /** In which everyone who waits should have got a thread. */
  private static final long SHARED_MILLIS = 1_000;

  /** What a client may take nothing for, however many wait: less is often the machine's doing. */
  private static final long LEAST_MILLIS = 25;

  /** Who has taken more reads, and doesn't only have buffers. */
  private static final long BUFFERED_BYTES = 1 << 20;

  /** Who reads may hold a thread for longer than its share, if it takes so much a millisecond. */
  private static final long READERS_BYTES = 4 << 10;

  private static final int CPUS = Runtime.getRuntime().availableProcessors();

  private final Limits limits;
  private final NamedThreads threads;
  private final ScheduledExecutorService timer;
  private final Log log;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition done = lock.newCondition();

  /** Tasks that come before all jobs. */
  private final Deque<Runnable> urgent = new ArrayDeque<>();

  /** Waiting jobs by {@link Job#turn}; a nanosecond later where two have the same. */
  private final NavigableMap<Long, Job> waiting = new TreeMap<>();

  private final Set<Job> running = new LinkedHashSet<>();

  /** When an answer last began or ended, by {@link System#nanoTime}. */
  private long lastChange = System.nanoTime();

  /** Whether the last job that was taken was the newest. */
  private boolean newest;

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
      long turn = job.turn();
      while (waiting.putIfAbsent(turn, job) != null) {
        turn++;
      }
      provide();
    } finally {
      lock.unlock();
    }
  }

  /** Runs a task at once, regardless of jobs. */
  void submitUrgent(Runnable task) {
    lock.lock();
    try {
      urgent.addLast(task);
      provide();
    } finally {
      lock.unlock();
    }
  }

  /** Makes sure that a thread takes the waiting jobs. Called with the lock. */
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
    Runnable task = next(null);
    while (task != null) {
      try {
        task.run();
      } catch (Throwable e) {
        log.log(Log.Level.ERROR, "an answer failed", e);
      }
      task = next(task);
    }
  }

  private @Nullable Runnable next(@Nullable Runnable last) {
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
      newest = !newest && waiting.size() > MANY;
      Map.Entry<Long, Job> next = newest ? waiting.pollLastEntry() : waiting.pollFirstEntry();
      Job job = next.getValue();
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
   * Whether answers wait although those in progress have not ended for {@link Limits#hang}, and are
   * not waiting for a client either.
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

  /** Cuts jobs to make room for waiting ones, unless the other jobs keep the CPUs busy. */
  private void relieve() {
    List<Job> slowest;
    lock.lock();
    try {
      relieving = false;
      if (waiting.isEmpty()) {
        return;
      }
      long share = SHARED_MILLIS * limits.answers() / (limits.answers() + waiting.size());
      List<Job> held = running.stream().filter(job -> job.stalled() > 0).toList();
      int working = running.size() - held.size();
      int room = Math.min(waiting.size(), Math.max(0, CPUS - working));
      slowest =
          held.stream()
              .filter(job -> isSlow(job, Math.max(LEAST_MILLIS, share)))
              .sorted(
                  Comparator.comparing(Job::isKnown)
                      .thenComparing(Comparator.comparingLong(Job::held).reversed()))
              .limit(room)
              .toList();
      relieveSoon();
    } finally {
      lock.unlock();
    }
    slowest.forEach(job -> job.cut("others wait"));
  }

  /** Whether a job's client takes more than its share of time, in milliseconds. */
  private boolean isSlow(Job job, long share) {
    long patience = limits.patience().toMillis();
    long taken = job.taken();
    return taken > BUFFERED_BYTES
        ? job.stalled() > patience || job.held() > share + taken / READERS_BYTES
        : job.stalled() > Math.max(LEAST_MILLIS, Math.min(patience, share / 4))
            || job.held() > share;
  }

  /** Returns the jobs that have stalled for longer than {@code time}, the longest first. */
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

  /** Cuts the jobs that have stalled for too long; called periodically. */
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

  /**
   * Cuts any one of the waiting jobs, if possible of a client that is not known; returns false when
   * none is waiting. It is none in particular: with a rule for which, many clients could see to it
   * that it is always somebody else's.
   */
  boolean cutAny() {
    Job any;
    lock.lock();
    try {
      List<Map.Entry<Long, Job>> all =
          waiting.entrySet().stream().filter(entry -> !entry.getValue().isKnown()).toList();
      if (all.isEmpty()) {
        all = List.copyOf(waiting.entrySet());
      }
      if (all.isEmpty()) {
        return false;
      }
      Map.Entry<Long, Job> entry = all.get(ThreadLocalRandom.current().nextInt(all.size()));
      waiting.remove(entry.getKey());
      any = entry.getValue();
    } finally {
      lock.unlock();
    }
    any.cut("too many connections");
    return true;
  }

  /**
   * Waits until all jobs are done. Jobs that stall for {@code moment} are cut, and so are those
   * that are not done in time.
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
