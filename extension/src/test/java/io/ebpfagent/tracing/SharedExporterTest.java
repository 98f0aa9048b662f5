// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SharedExporterTest {
  /** An application's. */
  private static class Sending implements SpanExporter {
    final AtomicInteger calls = new AtomicInteger();
    final AtomicInteger now = new AtomicInteger();
    final AtomicInteger most = new AtomicInteger();

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      calls.incrementAndGet();
      most.accumulateAndGet(now.incrementAndGet(), Math::max);
      try {
        return send();
      } finally {
        now.decrementAndGet();
      }
    }

    CompletableResultCode send() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }

  @Test
  void theApplicationDoesntWaitForWhatIsOnItsWay() {
    Sending lost =
        new Sending() {
          @Override
          CompletableResultCode send() {
            return new CompletableResultCode(); // nobody ever says how it ended
          }
        };
    SharedExporter shared = new SharedExporter(lost, () -> {});

    for (int i = 0; i < 1_000; i++) {
      CompletableResultCode ours = shared.ours().export(List.of());
      CompletableResultCode its = shared.export(List.of());
      assertThat(ours.isDone() || its.isDone()).isFalse();
    }

    assertThat(lost.calls.get()).isEqualTo(2_000);
  }

  @Test
  void callsTakeTurns() throws Exception {
    Sending yielding =
        new Sending() {
          @Override
          @SuppressWarnings("ThreadPriorityCheck") // lets the other one come, if it may
          CompletableResultCode send() {
            Thread.yield();
            return CompletableResultCode.ofSuccess();
          }
        };
    SharedExporter shared = new SharedExporter(yielding, () -> {});
    SpanExporter ours = shared.ours();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Future<?>> both =
          List.of(
              threads.submit(() -> export(shared, 20_000)),
              threads.submit(() -> export(ours, 20_000)));
      for (Future<?> one : both) {
        one.get();
      }
    }
    assertThat(yielding.calls.get()).isEqualTo(40_000);
    assertThat(yielding.most.get()).isEqualTo(1);
  }

  private static void export(SpanExporter exporter, int times) {
    for (int i = 0; i < times; i++) {
      assertThat(exporter.export(List.of()).isSuccess()).isTrue();
    }
  }

  @Test
  void aCallThatDoesntReturnIsWaitedForOnce() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Sending hanging =
        new Sending() {
          @Override
          CompletableResultCode send() {
            if (calls.get() == 1) {
              stuck.countDown();
              try {
                goOn.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            }
            return CompletableResultCode.ofSuccess();
          }
        };
    SharedExporter shared = new SharedExporter(hanging, () -> {});
    Thread ours = Thread.ofPlatform().start(() -> shared.ours().export(List.of()));
    stuck.await();

    // If each of them waited, they would take a quarter of an hour.
    for (int i = 0; i < 1_000; i++) {
      assertThat(shared.export(List.of()).isSuccess()).isTrue();
    }
    assertThat(ours.isAlive()).isTrue();
    goOn.countDown();
    ours.join();
  }

  @Test
  void whoIsInterruptedSendsAndStaysSo() {
    Sending sending = new Sending();
    SharedExporter shared = new SharedExporter(sending, () -> {});

    Thread.currentThread().interrupt();

    assertThat(shared.export(List.of()).isSuccess()).isTrue();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(sending.calls.get()).isEqualTo(1);
  }
}
