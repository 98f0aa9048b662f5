// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.lang.ProcessBuilder.Redirect.DISCARD;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.standalone.OtlpReceiver.Received;
import io.ebpfagent.trace.EpochClock;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Compares the spans of examples with the kernel's other sources or with what the test did itself.
 */
@ProductTest
class ExampleSpansIT {
  private static final ParentSpan PARENT = ParentSpan.SAMPLED;
  private static final int IOS = 100;
  private static final int WAKEUPS = 20;

  /**
   * How much the exporter's measurement of the clocks may differ from the test's, in nanoseconds.
   */
  private static final long CLOCKS_DIFFER = 500_000;

  private final EpochClock clock = new EpochClock();

  private static ExporterProcess start(OtlpReceiver receiver, String example) {
    return ExporterProcess.start(receiver.environment(), "--config.names=" + example);
  }

  private static long count(List<Received> spans, String disk, String operation) {
    Map<String, String> wanted = Map.of("device", disk, "operation", operation);
    return spans.stream()
        .filter(span -> span.attributes().entrySet().containsAll(wanted.entrySet()))
        .count();
  }

  @Test
  void aBlockRequestIsQueuedAndThenServed() throws Exception {
    String disk = Disk.of(Product.WORK);
    Machine.needs(!disk.isEmpty(), Product.WORK + " is on a disk");
    try (OtlpReceiver receiver = OtlpReceiver.start()) {
      Disk begin = Disk.now(disk);
      try (ExporterProcess exporter = start(receiver, "bio-trace")) {
        Disk.writeAndRead(Product.WORK.resolve("direct-io"), IOS);
        exporter.stop();
      }
      Disk end = Disk.now(disk);

      List<Received> served = receiver.spans(Received.named("block_rq_service"));
      assertThat(count(served, disk, "read")).isBetween((long) IOS, end.reads() - begin.reads());
      assertThat(count(served, disk, "write")).isBetween((long) IOS, end.writes() - begin.writes());
      Map<String, Received> queued = new HashMap<>();
      receiver
          .spans(Received.named("block_rq_insert"))
          .forEach(span -> queued.put(span.spanId(), span));
      assertThat(served)
          .allSatisfy(
              span -> {
                assertThat(span.service()).isEqualTo("bio-trace");
                assertThat(span.end()).isGreaterThan(span.start());
                // Only requests that go through an I/O scheduler are queued.
                Received queue = queued.get(span.parentSpanId());
                if (queue != null) {
                  assertThat(queue.traceId()).isEqualTo(span.traceId());
                  assertThat(queue.parentSpanId()).isEmpty();
                  assertThat(queue.end()).isEqualTo(span.start());
                } else {
                  assertThat(span.parentSpanId()).isEmpty();
                }
              })
          .extracting(Received::traceId)
          .doesNotHaveDuplicates();
    }
  }

  /** A sleep of the shell, with bounds of its begin and its end as the test saw them. */
  private record Sleep(long beganAfter, long beganBefore, long endedAfter, long endedBefore) {
    boolean beganAt(long time) {
      return beganAfter - CLOCKS_DIFFER < time && time < beganBefore + CLOCKS_DIFFER;
    }

    boolean endedAt(long time) {
      return endedAfter - CLOCKS_DIFFER < time && time < endedBefore + CLOCKS_DIFFER;
    }
  }

  @Test
  @Tag("vm")
  void aTaskThatSleepsIsWokenOnAnotherCpu() throws Exception {
    Machine.needs(Runtime.getRuntime().availableProcessors() > 1, "there are two CPUs");
    Process shell = new ProcessBuilder("sh", "-c", "while read -r line; do :; done").start();
    String pid = Long.toString(shell.pid());
    List<Sleep> sleeps = new ArrayList<>();
    try (OtlpReceiver receiver = OtlpReceiver.start();
        ExporterProcess exporter = start(receiver, "sched-trace");
        KernelMap traced = KernelMap.named("traced_tasks");
        OutputStream lines = shell.getOutputStream()) {
      awaitSleep(shell, 0);
      traced.put(ParentSpan.key(Integer.parseInt(pid)), PARENT.context());
      // The shell was not traced when it fell asleep, so the sleep that the first line ends has no
      // span.
      long wrote = writeLine(shell, lines, 0);
      for (int i = 1; i <= WAKEUPS; i++) {
        long slept = clock.now();
        long woken = writeLine(shell, lines, i % 2);
        sleeps.add(new Sleep(wrote, slept, woken, clock.now()));
        wrote = woken;
      }
      // On an emulated machine the exporter could stop before its first export.
      receiver.await(WAKEUPS / 2, Received.named("sched_switch"));
      exporter.stop();

      List<Received> spans = receiver.spans(span -> pid.equals(span.attributes().get("pid")));
      assertThat(spans)
          .allSatisfy(
              span -> {
                assertThat(span.traceId()).isEqualTo(PARENT.traceId());
                assertThat(span.parentSpanId()).isEqualTo(PARENT.spanId());
                assertThat(span.service()).isEqualTo("sched");
                assertThat(span.attributes()).containsEntry("tgid", pid);
              });
      assertSleeps(spans, sleeps);
    } finally {
      shell.destroyForcibly();
    }
  }

  /**
   * Some kernels run no programs for some of the switches, and perf misses these, too. So a sleep
   * may have no span, or two sleeps may have one span together.
   */
  private static void assertSleeps(List<Received> spans, List<Sleep> sleeps) {
    List<Received> waits = spans.stream().filter(Received.named("sched_switch")).toList();
    List<Received> asleep =
        most(
            sleeps,
            waits.stream()
                .filter(span -> "interruptible_sleep".equals(span.attributes().get("state"))));
    assertThat(asleep)
        .allSatisfy(
            span -> {
              assertThat(sleeps).anyMatch(sleep -> sleep.beganAt(span.start()));
              assertThat(sleeps).anyMatch(sleep -> sleep.endedAt(span.end()));
            });
    // The shell is pinned to one CPU and the other in turns, so it moves whenever it wakes.
    assertThat(most(sleeps, spans.stream().filter(Received.named("sched_migrate"))))
        .allSatisfy(
            move -> {
              assertThat(move.attributes().get("cpu.orig") + move.attributes().get("cpu.dest"))
                  .matches("01|10");
              assertThat(waits)
                  .anyMatch(span -> span.start() == move.start() && span.end() == move.end());
            });
    assertThat(most(sleeps, spans.stream().filter(Received.named("sched_wakeup"))))
        .allSatisfy(
            wakeup ->
                assertThat(waits)
                    .anyMatch(span -> span.start() < wakeup.start() && span.end() == wakeup.end()));
  }

  private static List<Received> most(List<Sleep> sleeps, Stream<Received> spans) {
    List<Received> list = spans.toList();
    assertThat(list).hasSizeGreaterThanOrEqualTo(sleeps.size() / 2);
    return list;
  }

  /**
   * Wakes the shell on a CPU; returns when it has fallen asleep again.
   *
   * @return a time at which it was still asleep
   */
  private long writeLine(Process shell, OutputStream lines, int cpu) throws Exception {
    String[] pin = {"taskset", "-cp", Integer.toString(cpu), Long.toString(shell.pid())};
    assertThat(new ProcessBuilder(pin).redirectOutput(DISCARD).start().waitFor()).isZero();
    long before = sleeps(shell);
    long asleep = clock.now();
    lines.write('\n');
    lines.flush();
    awaitSleep(shell, before + 1);
    return asleep;
  }

  /** Waits until the shell has slept {@code times} times, including the current sleep. */
  private static void awaitSleep(Process shell, long times) throws IOException {
    long deadline = System.nanoTime() + Product.MAY_TAKE.toNanos();
    while (sleeps(shell) < times || !status(shell).getOrDefault("State", "").startsWith("S")) {
      assertThat(System.nanoTime() - deadline).isNegative();
    }
  }

  private static long sleeps(Process shell) throws IOException {
    return Long.parseLong(status(shell).getOrDefault("voluntary_ctxt_switches", ""));
  }

  private static Map<String, String> status(Process process) throws IOException {
    return Machine.status(Path.of("/proc/" + process.pid()));
  }
}
