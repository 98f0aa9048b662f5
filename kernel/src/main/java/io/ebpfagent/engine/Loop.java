// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.log.Log;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A thread of the engine, which repeats one step until there is no more to do. It is a daemon, has
 * no class loader of the host's, and survives anything that a step throws: a failure is counted,
 * logged now and then, and followed by a pause.
 */
public final class Loop {
  private static final long FIRST_PAUSE_MILLIS = 10;
  private static final long LONGEST_PAUSE_MILLIS = 1_000;
  private static final int TRIES_TO_END = 3;

  /** The step that is repeated. */
  @FunctionalInterface
  public interface Step {
    /** Returns false when there is no more to do. */
    boolean run() throws Exception;
  }

  /** Starts loops and counts the failures of each. Thread-safe. */
  public static final class Threads {
    private static final long LOG_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final ThreadFactory factory;
    private final Log log;
    private final Map<String, AtomicLong> failures = new ConcurrentHashMap<>();
    private final Map<String, Long> logged = new ConcurrentHashMap<>();

    public Threads(ThreadFactory factory, Log log) {
      this.factory = factory;
      this.log = log;
    }

    /**
     * Starts a loop.
     *
     * @param name of its thread, after {@code ebpf-}
     * @throws IllegalStateException when no thread can be started
     */
    public Loop start(String name, Step step) {
      failures.putIfAbsent(name, new AtomicLong());
      try {
        Loop loop = new Loop(name, step, this);
        loop.thread.start();
        return loop;
      } catch (RuntimeException | Error e) {
        throw new IllegalStateException("no thread for " + name + ": " + e, e);
      }
    }

    /** Returns how often a step threw something, by the loop's name. */
    Map<String, Long> failures() {
      Map<String, Long> counts = new TreeMap<>();
      failures.forEach((name, count) -> counts.put(name, count.get()));
      return counts;
    }

    private void failed(String name, Throwable e) {
      try {
        long count = failures.computeIfAbsent(name, key -> new AtomicLong()).incrementAndGet();
        long now = System.nanoTime();
        Long last = logged.get(name);
        if (last == null || now - last >= LOG_EVERY_NANOS) {
          logged.put(name, now);
          log.log(
              Log.Level.WARNING,
              "thread ebpf-%s failed %s times, and goes on".formatted(name, count),
              e);
        }
      } catch (RuntimeException | Error again) {
        // Without memory for a line nothing can be logged.
      }
    }
  }

  private final String name;
  private final Step step;
  private final Threads threads;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  private Loop(String name, Step step, Threads threads) {
    this.name = name;
    this.step = step;
    this.threads = threads;
    thread = threads.factory.newThread(this::run);
    thread.setDaemon(true);
    thread.setName("ebpf-" + name);
    thread.setContextClassLoader(null);
    thread.setUncaughtExceptionHandler((ended, e) -> threads.failed(name, e));
  }

  private void run() {
    long pause = FIRST_PAUSE_MILLIS;
    int triesToEnd = 0;
    while (triesToEnd < TRIES_TO_END) {
      try {
        if (!step.run()) {
          return;
        }
        pause = FIRST_PAUSE_MILLIS;
      } catch (InterruptedException e) {
        return;
      } catch (Exception | Error e) {
        threads.failed(name, e);
        if (isEnding(pause)) {
          triesToEnd++;
        }
        pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
      }
    }
  }

  /**
   * Pauses, and returns whether the loop is to end. Then its step is called a few more times,
   * because it may still have something to hand over.
   */
  private boolean isEnding(long pauseMillis) {
    try {
      return closed.await(pauseMillis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      return true;
    }
  }

  /**
   * Waits for the thread to end; the caller has told its step that there is no more to do. A thread
   * that does not end is left running: it is a daemon.
   *
   * @param millis how long to wait at most
   * @return whether it ended
   */
  public boolean end(long millis) {
    closed.countDown();
    boolean interrupted = false;
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    try {
      while (thread.isAlive()) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          return false;
        }
        try {
          thread.join(left);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      return true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
