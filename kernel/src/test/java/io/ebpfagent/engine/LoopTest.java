// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.log.Log;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class LoopTest {
  private static final long PATIENCE = 30_000;

  private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
  private final Loop.Threads threads =
      new Loop.Threads(Thread::new, (level, message, thrown) -> lines.add(message + ": " + thrown));

  @Test
  void runsItsStepUntilThereIsNoMoreToDo() {
    AtomicInteger steps = new AtomicInteger();
    Loop loop = threads.start("test", () -> steps.incrementAndGet() < 5);
    assertThat(loop.end(PATIENCE)).isTrue();
    assertThat(steps).hasValue(5);
    assertThat(threads.failures()).isEqualTo(Map.of("test", 0L));
  }

  @Test
  void goesOnAfterWhateverIsThrown() {
    List<Throwable> thrown =
        new ArrayList<>(
            List.of(
                new IllegalStateException("one"),
                new OutOfMemoryError("two"),
                new StackOverflowError("three"),
                new Exception("four")));
    Loop loop =
        threads.start(
            "test",
            () -> {
              if (thrown.isEmpty()) {
                return false;
              }
              Throwable next = thrown.removeFirst();
              if (next instanceof Error error) {
                throw error;
              }
              throw (Exception) next;
            });
    while (threads.failures().getOrDefault("test", 0L) < 4) {
      Thread.onSpinWait();
    }
    assertThat(loop.end(PATIENCE)).isTrue();
    assertThat(threads.failures()).isEqualTo(Map.of("test", 4L));
    assertThat(lines)
        .containsExactly(
            "thread ebpf-test failed 1 times, and goes on: java.lang.IllegalStateException: one");
  }

  @Test
  void outlivesALogThatThrows() {
    Loop.Threads muted =
        new Loop.Threads(
            Thread::new,
            (level, message, thrown) -> {
              throw new IllegalStateException("a log's");
            });
    AtomicInteger steps = new AtomicInteger();
    Loop loop =
        muted.start(
            "test",
            () -> {
              if (steps.incrementAndGet() == 1) {
                throw new IllegalStateException("a step's");
              }
              return false;
            });
    assertThat(loop.end(PATIENCE)).isTrue();
    assertThat(steps).hasValue(2);
    assertThat(muted.failures()).containsEntry("test", 1L);
  }

  @Test
  void isADaemonWithoutAnythingOfItsHosts() throws Exception {
    Thread[] thread = new Thread[1];
    CountDownLatch seen = new CountDownLatch(1);
    threads.start(
        "test",
        () -> {
          thread[0] = Thread.currentThread();
          seen.countDown();
          return false;
        });
    seen.await();
    assertThat(thread[0].isDaemon()).isTrue();
    assertThat(thread[0].getName()).isEqualTo("ebpf-test");
    assertThat(thread[0].getContextClassLoader()).isNull();
  }

  @Test
  void pausesBetweenFailures() {
    AtomicInteger steps = new AtomicInteger();
    AtomicBoolean stop = new AtomicBoolean();
    long begin = System.nanoTime();
    Loop loop =
        threads.start(
            "test",
            () -> {
              if (stop.get()) {
                return false;
              }
              steps.incrementAndGet();
              throw new IllegalStateException("always");
            });
    while (steps.get() < 4) {
      Thread.onSpinWait();
    }
    // The sum of 10, 20 and 40 ms; a slow machine can only take longer.
    assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(70_000_000);
    stop.set(true);
    assertThat(loop.end(PATIENCE)).isTrue();
  }

  @Test
  void endsWhenItsStepFailsForEverAfterItWasToldTo() {
    CountDownLatch begun = new CountDownLatch(1);
    Loop loop =
        threads.start(
            "test",
            () -> {
              begun.countDown();
              throw new IllegalStateException("always");
            });
    assertThat(loop.end(PATIENCE)).isTrue();
    assertThat(begun.getCount()).isZero();
  }

  @Test
  void isNotWaitedForWhereItDoesNotEnd() {
    CountDownLatch release = new CountDownLatch(1);
    Loop loop =
        threads.start(
            "test",
            () -> {
              release.await();
              return false;
            });
    assertThat(loop.end(1)).isFalse();
    Thread.currentThread().interrupt();
    assertThat(loop.end(1)).isFalse();
    assertThat(Thread.interrupted()).as("the interrupt is left for the caller").isTrue();
    release.countDown();
    assertThat(loop.end(PATIENCE)).isTrue();
  }

  @Test
  void saysThatThereIsNoThread() {
    Loop.Threads none =
        new Loop.Threads(
            task -> {
              throw new OutOfMemoryError("unable to create native thread");
            },
            Log.NONE);
    assertThatThrownBy(() -> none.start("test", () -> false))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "no thread for test: java.lang.OutOfMemoryError: unable to create native thread");
  }
}
