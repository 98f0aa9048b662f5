// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.KernelTest;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
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
      Path file = Files.createTempFile("ebpf-compilations", ".jfr");
      try (WatchedHost host = WatchedHost.watch("jvm-compile");
          Recording recording = new Recording()) {
        recording.enable("jdk.Compilation").withoutThreshold();
        recording.start();
        // All that the recording itself has compiled is before.
        compute();
        Instant outerBegin = Instant.now();
        long before = host.observed("jvm_compilation_seconds", Map.of());
        Instant innerBegin = Instant.now();
        long outerMillis = millisOfBean();
        double secondsBefore = host.seconds("jvm_compilation_seconds", Map.of());
        long innerMillis = millisOfBean();
        compute();
        innerMillis = millisOfBean() - innerMillis;
        double seconds = host.seconds("jvm_compilation_seconds", Map.of()) - secondsBefore;
        outerMillis = millisOfBean() - outerMillis;
        Instant innerEnd = Instant.now();
        long observed = host.observed("jvm_compilation_seconds", Map.of()) - before;
        Instant outerEnd = Instant.now();
        recording.stop();
        recording.dump(file);
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        System.out.println(
            "%d %d %d %d %.0f %d %s"
                .formatted(
                    ended(events, innerBegin, innerEnd),
                    observed,
                    ended(events, outerBegin, outerEnd),
                    innerMillis,
                    1_000 * seconds,
                    outerMillis,
                    host.values("jvm_compilation_seconds", "compiler")));
        assertThat(result).isNotZero();
      } finally {
        Files.delete(file);
      }
    }

    private static long millisOfBean() {
      return ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
    }

    private static long ended(List<RecordedEvent> events, Instant begin, Instant end) {
      return events.stream()
          .map(RecordedEvent::getEndTime)
          .filter(time -> time.isAfter(begin) && time.isBefore(end))
          .count();
    }

    private static void compute() {
      long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
      while (System.nanoTime() < end) {
        for (String text : List.of("a", "bb", "ccc")) {
          result += text.repeat(50).chars().map(c -> c * 31).sum();
        }
      }
    }
  }

  @Test
  void compilationsAreAsManyAsTheJvmRecords() throws Exception {
    List<String> lines = ChildJvm.runOptimizing(Child.class);
    String[] numbers = lines.getLast().split(" ", 7);
    long observed = Long.parseLong(numbers[1]);
    assertThat(observed)
        .isGreaterThan(10)
        // The event comes a moment before the probe: one of each compiler may be between.
        .isBetween(Long.parseLong(numbers[0]) - 3, Long.parseLong(numbers[2]) + 3);
    assertThat(Double.parseDouble(numbers[4]))
        .isBetween(
            Double.parseDouble(numbers[3]) * 0.8 - 50, Double.parseDouble(numbers[5]) * 1.2 + 50);
    assertThat(numbers[6]).isEqualTo("[C1, C2]");
  }
}
