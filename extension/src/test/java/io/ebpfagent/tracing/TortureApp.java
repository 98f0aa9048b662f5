// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.ebpfagent.tracing.Truth.Attached;
import io.opentelemetry.context.Context;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An application that does with threads and contexts what applications do, good and bad, many times
 * at once, and says all the while which span each thread is in. A line on stdin is a round.
 */
@SuppressWarnings({"ThreadPriorityCheck", "FutureReturnValueIgnored"}) // it does what is bad, too
final class TortureApp {
  private static final int VIRTUAL_THREADS = 128;
  private static final int STEPS = 24;
  private static final Path LAST_PID = Path.of("/proc/sys/kernel/ns_last_pid");

  private static final Object MONITOR = new Object();
  private static final ReentrantLock LOCK = new ReentrantLock();

  private final ExecutorService pool = Executors.newFixedThreadPool(8);
  private final ExecutorService virtualThreads = Executors.newVirtualThreadPerTaskExecutor();
  private int reusedIds;

  private TortureApp() {}

  /** Something that throws what it wants. */
  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    TortureApp app = new TortureApp();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("ready");
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      // Until one was seen to leave its carrier, virtual threads are in no span for the kernel.
      Thread.ofVirtual().start(Thread::yield).join();
      app.round();
      Truth.ask();
      System.out.println("done " + line + ", thread ids reused: " + app.reusedIds);
    }
  }

  private void round() throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < VIRTUAL_THREADS; i++) {
      threads.add(Thread.ofVirtual().unstarted(quietly(this::virtualThread)));
    }
    for (Work work :
        List.<Work>of(
            this::pools,
            this::commonPool,
            this::futures,
            this::closesOutOfOrder,
            this::closesElsewhere,
            this::cancelsAndRejects,
            this::dies)) {
      threads.add(Thread.ofPlatform().unstarted(quietly(work)));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private static Runnable quietly(Work work) {
    return () -> {
      try {
        work.run();
      } catch (Exception | Error e) {
        System.out.println("failed: " + e);
        e.printStackTrace();
      }
    };
  }

  /** Says it again after each thing that may put a virtual thread onto another carrier. */
  private void virtualThread() throws InterruptedException {
    Truth.say();
    for (int i = 0; i < STEPS; i++) {
      try (Attached outer = Truth.enter()) {
        assert outer != null;
        Truth.say();
        Thread.yield();
        Truth.say();
        synchronized (MONITOR) {
          Truth.say();
          if (i % 8 == 0) {
            Thread.sleep(0, 50_000);
          }
          Truth.say();
        }
        try (Attached inner = Truth.enter()) {
          assert inner != null;
          LOCK.lock();
          try {
            Truth.say();
          } finally {
            LOCK.unlock();
          }
          if (i % 4 == 0) {
            Thread.sleep(ThreadLocalRandom.current().nextInt(2));
          }
          Truth.say();
        }
        Truth.say();
        Thread.yield();
        Truth.say();
      }
      Truth.say();
      Thread.yield();
      Truth.say();
    }
  }

  /** Hands tasks over to platform and virtual threads, some from within a span and some not. */
  private void pools() throws Exception {
    for (ExecutorService executor : List.of(pool, virtualThreads)) {
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 0; i < 40 * STEPS; i++) {
        if (i % 3 == 0) {
          futures.add(executor.submit(Truth.handedOver(TortureApp::nest)));
        } else {
          try (Attached span = Truth.enter()) {
            assert span != null;
            Truth.say();
            futures.add(executor.submit(Truth.handedOver(TortureApp::nest)));
          }
        }
      }
      for (Future<?> future : futures) {
        future.get();
      }
    }
  }

  private static void nest() {
    Truth.say();
    try (Attached span = Truth.enter()) {
      assert span != null;
      Truth.say();
      Thread.yield();
      Truth.say();
    }
    Truth.say();
  }

  /** Leaves contexts behind in threads of the common pool, which forgets them after each task. */
  private void commonPool() throws Exception {
    ForkJoinPool common = ForkJoinPool.commonPool();
    List<Future<?>> futures = new ArrayList<>();
    for (int i = 0; i < 40 * STEPS; i++) {
      boolean leaks = i % 5 == 0;
      if (i % 2 == 0) {
        futures.add(common.submit(() -> common(leaks)));
      } else {
        try (Attached span = Truth.enter()) {
          assert span != null;
          futures.add(common.submit(Truth.handedOver(TortureApp::nest)));
        }
      }
    }
    for (Future<?> future : futures) {
      future.get();
    }
  }

  @SuppressWarnings({"resource", "MustBeClosedChecker"}) // that is the point
  private static void common(boolean leaks) {
    Truth.say();
    if (leaks) {
      Truth.enter();
    }
    Truth.say();
  }

  private void futures() throws Exception {
    for (int i = 0; i < 10 * STEPS; i++) {
      try (Attached span = Truth.enter()) {
        assert span != null;
        Runnable step = Truth.handedOver(TortureApp::nest);
        CompletableFuture.runAsync(step, pool)
            .thenRunAsync(step, virtualThreads)
            .thenRunAsync(step, pool)
            .get();
        Truth.say();
      }
      Truth.say();
    }
  }

  private void closesOutOfOrder() {
    for (int i = 0; i < 40 * STEPS; i++) {
      Attached first = Truth.enter();
      Truth.say();
      Attached second = Truth.enter();
      Truth.say();
      // Not the current one: nothing happens.
      first.close();
      Truth.say();
      second.close();
      Truth.say();
      second.close();
      Truth.say();
      first.close();
      Truth.say();
    }
  }

  /** Another thread closes a scope: one that is current there, too, and one that isn't. */
  private void closesElsewhere() throws Exception {
    for (int i = 0; i < 2 * STEPS; i++) {
      Context context = Truth.newSpan();
      Attached here = new Attached(context);
      Truth.say();
      boolean currentThere = i % 2 == 0;
      Thread other =
          Thread.ofPlatform()
              .start(
                  () -> {
                    Attached there = currentThere ? new Attached(context) : Truth.enter();
                    Truth.say();
                    here.close();
                    Truth.say();
                    there.close();
                    Truth.say();
                  });
      other.join();
      Truth.say();
      try (Attached next = Truth.enter()) {
        assert next != null;
        Truth.say();
      }
      here.close();
      Truth.say();
    }
  }

  private void cancelsAndRejects() throws Exception {
    try (ThreadPoolExecutor small =
        new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(1))) {
      for (int i = 0; i < 4 * STEPS; i++) {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        Future<?> future;
        try (Attached span = Truth.enter()) {
          assert span != null;
          future =
              small.submit(
                  Truth.handedOver(
                      () -> {
                        Truth.say();
                        begun.countDown();
                        sleep();
                        // Whoever interrupts a thread looks last whether it reads a channel.
                        while (cancelled.getCount() > 0) {
                          Thread.yield();
                        }
                        Truth.sayThoughInterrupted();
                      }));
          begun.await();
          for (int more = 0; more < 3; more++) {
            try {
              small.submit(Truth.handedOver(TortureApp::nest));
            } catch (RejectedExecutionException e) {
              Truth.say();
            }
          }
          Truth.say();
        }
        future.cancel(true);
        cancelled.countDown();
        Truth.say();
        while (small.getActiveCount() > 0 || !small.getQueue().isEmpty()) {
          Thread.yield();
        }
      }
    }
  }

  private static void sleep() {
    try {
      Thread.sleep(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Threads end in a span, and the next ones get their ids. */
  private void dies() throws Exception {
    for (int i = 0; i < 4 * STEPS; i++) {
      long[] ids = new long[2];
      Thread dying = Thread.ofPlatform().unstarted(() -> ids[0] = endInSpan());
      dying.start();
      dying.join();
      // For Java it ends a little earlier than for the kernel, which then gives its id away.
      while (Files.exists(Path.of("/proc/self/task/" + ids[0]))) {
        Thread.onSpinWait();
      }
      writeLastId(ids[0] - 1);
      Thread next =
          Thread.ofPlatform()
              .unstarted(
                  () -> {
                    Truth.say();
                    ids[1] = id();
                    nest();
                  });
      next.start();
      next.join();
      if (ids[0] == ids[1]) {
        reusedIds++;
      }
    }
  }

  @SuppressWarnings({"resource", "MustBeClosedChecker"}) // that is the point
  private static long endInSpan() {
    Truth.enter();
    Truth.say();
    return id();
  }

  private static long id() {
    try {
      return Long.parseLong(Path.of("/proc/thread-self").toRealPath().getFileName().toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void writeLastId(long id) throws IOException {
    Files.writeString(LAST_PID, Long.toString(id));
  }
}
