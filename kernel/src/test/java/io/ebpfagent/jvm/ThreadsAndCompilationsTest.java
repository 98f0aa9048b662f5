// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.KernelTest;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads and the JIT, held against the JVM's own figures. */
@KernelTest
@Timeout(120)
final class ThreadsAndCompilationsTest {
  private static final int THREADS = 20;
  private static final int PARKS = 10;
  private static final long PAUSE_MILLIS = 20;

  @Test
  void threadsStartStopParkAndSleep() throws Exception {
    try (WatchedHost host = WatchedHost.watch("jvm-threads")) {
      long started = ManagementFactory.getThreadMXBean().getTotalStartedThreadCount();
      long seen = host.counted("jvm_threads_started_total", Map.of());
      for (int i = 0; i < THREADS; i++) {
        Thread thread =
            new Thread(ThreadsAndCompilationsTest::parkAndSleep, "parker-" + i + "-thread-17");
        thread.setDaemon(i % 4 == 0);
        thread.start();
        thread.join();
      }
      // Of the JVM's own threads some start when there is work for them, compilers' above all.
      long hidden =
          host.counted("jvm_threads_started_total", Map.of())
              - seen
              - (ManagementFactory.getThreadMXBean().getTotalStartedThreadCount() - started);
      assertThat(hidden).isBetween(0L, 5L);
      assertThat(host.counted("jvm_threads_started_total", Map.of("daemon", "false")))
          .isGreaterThanOrEqualTo(THREADS * 3 / 4);
      assertThat(host.counted("jvm_threads_stopped_total", Map.of()))
          .isGreaterThanOrEqualTo(THREADS);
      Map<String, String> labels = Map.of("thread", "parker-*-thread-*");
      assertThat(host.observed("jvm_thread_park_seconds", labels)).isEqualTo(THREADS * PARKS);
      assertThat(host.observed("jvm_thread_sleep_seconds", labels)).isEqualTo(THREADS);
      assertThat(host.seconds("jvm_thread_sleep_seconds", labels))
          .isGreaterThanOrEqualTo(THREADS * PAUSE_MILLIS / 1e3);
    }
  }

  @SuppressWarnings("ThreadSleep") // it is what is measured
  private static void parkAndSleep() {
    for (int i = 0; i < PARKS; i++) {
      LockSupport.parkNanos(1_000);
    }
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A JVM that has much to compile. */
  static final class Child {
    private static long result;

    private Child() {}

    public static void main(String[] arguments) throws Exception {
      AtomicLong compilations = new AtomicLong();
      AtomicLong nanos = new AtomicLong();
      try (WatchedHost host = WatchedHost.watch("jvm-compile");
          RecordingStream recording = new RecordingStream()) {
        recording.enable("jdk.Compilation").withoutThreshold();
        recording.onEvent(
            "jdk.Compilation",
            event -> {
              compilations.incrementAndGet();
              nanos.addAndGet(event.getDuration().toNanos());
            });
        long before = host.observed("jvm_compilation_seconds", Map.of());
        double secondsBefore = host.seconds("jvm_compilation_seconds", Map.of());
        long bean = ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
        recording.startAsync();
        long end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
        while (System.nanoTime() < end) {
          for (String text : List.of("a", "bb", "ccc")) {
            result += text.repeat(50).chars().map(c -> c * 31).sum();
          }
        }
        recording.stop();
        System.out.println(
            "%d %d %d %.0f %d %s"
                .formatted(
                    compilations.get(),
                    host.observed("jvm_compilation_seconds", Map.of()) - before,
                    nanos.get() / 1_000_000,
                    1_000 * (host.seconds("jvm_compilation_seconds", Map.of()) - secondsBefore),
                    ManagementFactory.getCompilationMXBean().getTotalCompilationTime() - bean,
                    host.values("jvm_compilation_seconds", "compiler")));
        assertThat(result).isNotZero();
      }
    }
  }

  @Test
  void compilationsAreAsManyAsTheJvmRecords() throws Exception {
    List<String> lines = ChildJvm.run(List.of(), Child.class);
    String[] numbers = lines.getLast().split(" ", 6);
    System.out.println(lines);
    long recorded = Long.parseLong(numbers[0]);
    long observed = Long.parseLong(numbers[1]);
    assertThat(recorded).isGreaterThan(100);
    assertThat((double) observed).isBetween(recorded * 0.9, recorded * 1.2);
    double beanMillis = Long.parseLong(numbers[4]);
    assertThat(Double.parseDouble(numbers[3])).isBetween(beanMillis * 0.7, beanMillis * 1.3);
    assertThat(numbers[5]).isEqualTo("[C1, C2]");
  }
}
