// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.engine.HostProcess;
import io.ebpfagent.log.Log;
import io.ebpfagent.tracing.OtlpReceiver.Received;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Waits become spans below the span that waited, in the application's own trace. */
@ExtensionTest
class OffCpuIT {
  private static final long SLACK_NANOS = 5_000_000;

  @TempDir Path dir;

  private static void waits(TracedApp app, OtlpReceiver receiver, String line)
      throws InterruptedException {
    app.say(line);
    app.await(("done " + line)::equals);
    Received parent = receiver.awaitOne(line);
    // On a busy machine it also waits for a CPU, which is another kind.
    List<Received> below =
        receiver.await(1, span -> span.isBelow(parent) && span.name().equals("off-cpu"));
    assertThat(below)
        .allSatisfy(
            span -> {
              assertThat(span.isKernels()).isTrue();
              assertThat(span.isWithin(parent, SLACK_NANOS)).isTrue();
              assertThat(span.resource()).isEqualTo(parent.resource());
              assertThat(span.resource()).containsEntry("service.name", "the-app");
              assertThat(span.attribute("thread.name")).isEqualTo("java");
            });
    long waited = below.stream().mapToLong(Received::millis).sum();
    long wanted = Long.parseLong(line.replaceAll("[^0-9]", ""));
    assertThat(waited).isBetween(wanted * 9 / 10, parent.millis());
    assertThat(below)
        .filteredOn(span -> span.attribute("ebpf.wait.syscall").equals("futex"))
        .isNotEmpty()
        .allSatisfy(
            span ->
                assertThat(span.attributes())
                    .containsAllEntriesOf(
                        Map.of("ebpf.wait.for", "park", "ebpf.wait.io", "false")));
  }

  private static void end(TracedApp app) throws InterruptedException {
    app.say("0");
  }

  @Test
  void aWaitIsASpanBelowTheOneThatWaits() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app = TracedApp.builder().to(receiver).start(WaitingApp.class)) {
      app.awaitKernelSpans();
      waits(app, receiver, "wait 40");
      waits(app, receiver, "wait 60");
      end(app);
      // What waits outside of spans, or in threads that are in none, is nobody's.
      List<Received> kernels = receiver.spans(Received::isKernels);
      assertThat(kernels).allMatch(span -> !span.parentSpanId().isEmpty());
      List<Received> parents = receiver.spans(span -> span.name().startsWith("wait"));
      assertThat(kernels).allMatch(span -> parents.stream().anyMatch(span::isBelow));
      assertThat(app.ours())
          .singleElement()
          .asString()
          .contains(
              HostProcess.hasCpuQuota(Log.NONE)
                  ? "run-queue, cpu-throttled by off-cpu; "
                  : "off-cpu, run-queue by off-cpu; ");
    }
  }

  /** As the JVM does where it can't take a virtual thread from its carrier. */
  @Test
  void aVirtualThreadMayHaveAThreadOfTheSystemsToItself() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app =
            TracedApp.builder()
                .options("-XX:+UnlockExperimentalVMOptions", "-XX:-VMContinuations")
                .to(receiver)
                .start(VirtualApp.class)) {
      app.awaitKernelSpans();
      app.say("wait 40");
      app.await("done wait 40"::equals);
      Received parent = receiver.awaitOne("wait 40");
      Received wait =
          receiver
              .await(1, span -> span.isBelow(parent) && span.name().equals("off-cpu"))
              .getFirst();
      assertThat(wait.isWithin(parent, SLACK_NANOS)).isTrue();
      end(app);
    }
  }

  /** Nothing is noted of who is preempted there: only the scheduler knows. */
  @Test
  void whereNoQuotaIsWatchedAWaitForACpuIsAsLongAsTheSchedulerSays() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app =
            TracedApp.builder()
                .to(receiver)
                .options(
                    "-Dotel.ebpf.spans.kinds=run-queue",
                    "-Dotel.ebpf.threshold.run-queue=50us",
                    "-Dotel.ebpf.spans.per-span=2000")
                .start(WorkingApp.class)) {
      app.awaitKernelSpans();
      app.say("compete 50");
      Received parent = receiver.await(1, span -> span.name().equals("compete")).getFirst();
      long waited =
          Long.parseLong(
              app.awaitNth(1, line -> line.startsWith("done compete")).split(" ", -1)[2]);
      assertThat(waited).isGreaterThan(10_000_000);
      List<Received> waits =
          receiver.awaitAll(
              span -> span.isBelow(parent) && span.isKernels(),
              found -> nanos(found) >= waited * 9 / 10);
      assertThat(nanos(waits)).isLessThanOrEqualTo(waited * 11 / 10);
      assertThat(waits)
          .allSatisfy(span -> assertThat(span.name()).isEqualTo("run-queue"))
          .anySatisfy(
              span -> assertThat(span.attribute("ebpf.run_queue.preempted")).isEqualTo("true"));
    }
  }

  private static long nanos(List<Received> spans) {
    return spans.stream().mapToLong(span -> span.end() - span.start()).sum();
  }

  /** One that is never used up. */
  @Test
  void whereAQuotaHoldsItIsWatched() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        LimitedCgroup cgroup = LimitedCgroup.ofCpu(ProcessHandle.current().pid(), 1_000_000);
        TracedApp app = TracedApp.builder().to(receiver).start(WaitingApp.class)) {
      assertThat(cgroup).isNotNull();
      app.awaitKernelSpans();
      assertThat(HostProcess.hasCpuQuota(Log.NONE)).isTrue();
      assertThat(app.ours())
          .singleElement()
          .asString()
          .contains("run-queue, cpu-throttled by off-cpu");
    }
  }

  @Test
  void anOlderAgentDoes() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app =
            TracedApp.builder().agent(TracedApp.OLDER).to(receiver).start(WaitingApp.class)) {
      app.awaitKernelSpans();
      waits(app, receiver, "wait 40");
    }
  }

  @Test
  void aFileConfiguresIt() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start()) {
      Path file = dir.resolve("otel.yaml");
      Files.writeString(
          file,
          """
          file_format: "1.0"
          resource:
            attributes:
              - {name: service.name, value: the-app}
          tracer_provider:
            processors:
              - batch:
                  schedule_delay: 200
                  exporter:
                    otlp_http:
                      endpoint: %s/v1/traces
          instrumentation/development:
            java:
              ebpf:
                debug: false
                spans:
                  kinds: [off-cpu]
                  per_second: 500
                  per_spans: 7
                threshold:
                  off_cpu: 15
          """
              .formatted(receiver.endpoint()));
      try (TracedApp app =
          TracedApp.builder().options("-Dotel.config.file=" + file).start(WaitingApp.class)) {
        app.awaitKernelSpans();
        waits(app, receiver, "wait 40");
        app.say("short 10");
        app.await("done short 10"::equals);
        Received tooShort = receiver.awaitOne("short 10");
        waits(app, receiver, "wait 50");
        assertThat(receiver.spans(span -> span.isBelow(tooShort) && span.name().equals("off-cpu")))
            .isEmpty();
        assertThat(app.lines()).noneMatch(line -> line.contains("Ignoring value"));
        assertThat(app.lines().stream().filter(line -> line.contains("no such setting")))
            .singleElement()
            .asString()
            .endsWith(
                "ebpf.spans.per_spans in the configuration file: there is no such setting, did you"
                    + " mean otel.ebpf.spans.per-span?");
      }
    }
  }

  @Test
  void aTraceThatIsNotSampledGetsNone() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app =
            TracedApp.builder()
                .withoutLibraries()
                .to(receiver)
                .options("-Dotel.traces.sampler=always_off")
                .start(WaitingApp.class)) {
      app.awaitKernelSpans();
      app.say("wait 30");
      app.await("done wait 30"::equals);
      app.say("wait 20");
      app.await("done wait 20"::equals);
      assertThat(receiver.spans(span -> true)).isEmpty();
    }
  }

  @Test
  void spansAreSentBeforeTheEnd() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app =
            TracedApp.builder().withoutLibraries().to(receiver).start(EndingApp.class)) {
      app.awaitKernelSpans();
      app.say("end");
      assertThat(app.awaitEnd(TracedApp.MAY_TAKE)).isZero();
      // It ended 30 ms after the wait, long before a batch is due.
      Received parent = receiver.awaitOne("the last");
      assertThat(receiver.spans(span -> span.isBelow(parent))).isNotEmpty();
      assertThat(app.ours()).last().asString().matches(".*spans: [1-9][0-9]* exported, 0 dropped");
    }
  }
}
