// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What threads wait for, held against what the kernel and the test itself say. */
@KernelTest
@Timeout(120)
final class WaitsTest {
  private static final int WAITS = 40;
  private static final long WAIT_NANOS = 20_000_000;
  private static final int MOST_NAMES = 128;
  private static final int NEW_THREADS = 200;

  /**
   * This kernel runs no programs for some of the switches from idle: the wait before is not seen.
   */
  private static final double SEEN = 0.7;

  private static final Map<String, String> WAITER = Map.of("thread", "waiter-*-of-a-pool");

  @Test
  void threadsWaitAsOftenAndAsLongAsTheyDo() throws Exception {
    try (WatchedHost host = WatchedHost.watch("jvm-offcpu")) {
      long[] switches = new long[1];
      long begin = System.nanoTime();
      Thread waiter =
          new Thread(
              () -> {
                for (int i = 0; i < WAITS; i++) {
                  LockSupport.parkNanos(WAIT_NANOS);
                }
                switches[0] = voluntarySwitches();
              },
              "waiter-17-of-a-pool");
      waiter.start();
      waiter.join();
      double elapsed = (System.nanoTime() - begin) / 1e9;
      long observed = host.observed("jvm_offcpu_seconds", WAITER);
      long forCpu = host.observed("jvm_offcpu_seconds", with(WAITER, "cpu"));
      long parked = host.observed("jvm_offcpu_seconds", with(WAITER, "park_or_lock"));
      assertThat(switches[0]).isGreaterThanOrEqualTo(WAITS);
      assertThat((double) observed - forCpu)
          .isBetween(switches[0] * SEEN, switches[0] + 2.0 /* start and end */);
      assertThat((double) parked).isGreaterThanOrEqualTo(WAITS * SEEN);
      assertThat(host.seconds("jvm_offcpu_seconds", with(WAITER, "park_or_lock")))
          .isBetween(WAITS * SEEN * WAIT_NANOS / 1e9, elapsed);
    }
  }

  private static Map<String, String> with(Map<String, String> labels, String reason) {
    return Map.of("thread", labels.getOrDefault("thread", ""), "reason", reason);
  }

  /** Of this thread: how often it gave its CPU away. */
  private static long voluntarySwitches() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/thread-self/status"))) {
      return lines
          .filter(line -> line.startsWith("voluntary_ctxt_switches:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void manyNamesOfThreadsAreShownAsOne() throws Exception {
    try (WatchedHost host = WatchedHost.watch("jvm-offcpu")) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 2 * MOST_NAMES; i++) {
        char first = (char) ('a' + i % 26);
        char second = (char) ('a' + i / 26);
        Thread thread =
            new Thread(() -> LockSupport.parkNanos(WAIT_NANOS), "many-" + first + second);
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(host.values("jvm_offcpu_seconds", "thread"))
          .contains("many-aa", "(other)")
          .hasSizeBetween(MOST_NAMES / 2, MOST_NAMES + 1);
    }
  }

  @Test
  void waitsForACpuAreAsLongAsTheKernelSays() throws Exception {
    try (WatchedHost host = WatchedHost.watch("jvm-runqlat", "jvm-offcpu")) {
      double before = host.seconds("jvm_run_queue_seconds", Map.of());
      double kernelBefore = runDelaySeconds();
      CountDownLatch end = new CountDownLatch(1);
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
        Thread thread = new Thread(() -> spin(end), "spinner-" + i);
        threads.add(thread);
        thread.start();
      }
      WatchedHost.await(() -> runDelaySeconds() - kernelBefore > 1);
      double kernel = runDelaySeconds() - kernelBefore;
      double seconds = host.seconds("jvm_run_queue_seconds", Map.of()) - before;
      double offCpu =
          host.seconds("jvm_offcpu_seconds", Map.of("thread", "spinner-*", "reason", "cpu"));
      end.countDown();
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(kernel).isGreaterThan(1);
      assertThat(seconds).isBetween(kernel * SEEN, kernel * 1.2);
      assertThat(offCpu).isBetween(kernel * SEEN / 2, kernel * 1.2);
    }
  }

  @Test
  void theFirstWaitOfAThreadCounts() throws Exception {
    List<Process> others = new ArrayList<>();
    try (WatchedHost host = WatchedHost.watch("jvm-runqlat")) {
      for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
        others.add(new ProcessBuilder("sh", "-c", "while :; do :; done").start());
      }
      double before = host.seconds("jvm_run_queue_seconds", Map.of());
      double own = ownRunDelaySeconds();
      DoubleAdder waited = new DoubleAdder();
      for (int i = 0; i < NEW_THREADS; i++) {
        Thread thread = new Thread(() -> waited.add(ownRunDelaySeconds()));
        thread.start();
        thread.join();
      }
      own = ownRunDelaySeconds() - own;
      double seconds = host.seconds("jvm_run_queue_seconds", Map.of()) - before;
      assertThat(waited.sum()).isPositive();
      assertThat(seconds - own).isGreaterThan(0.9 * waited.sum());
    } finally {
      others.forEach(Process::destroy);
    }
  }

  private static double ownRunDelaySeconds() {
    return runDelaySeconds(Path.of("/proc/thread-self"));
  }

  private static double runDelaySeconds(Path task) {
    try {
      return Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ", -1)[1]) / 1e9;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void spin(CountDownLatch end) {
    while (end.getCount() > 0) {
      Thread.onSpinWait();
    }
  }

  /** How long this process's threads have waited for a CPU. */
  private static double runDelaySeconds() {
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      return tasks.mapToDouble(WaitsTest::runDelaySeconds).sum();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
