// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import static io.ebpfagent.trace.TestSpans.BASE;
import static io.ebpfagent.trace.TestSpans.PARENT;
import static io.ebpfagent.trace.TestSpans.SPAN;
import static io.ebpfagent.trace.TestSpans.TRACE;
import static io.ebpfagent.trace.TestSpans.base;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.attach.AttachException;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfProgram;
import io.ebpfagent.decode.DecodeContext;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.log.Log;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Spans from a real ring buffer. */
@KernelTest
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SpanReaderTest {
  private static final int CONTENT_BYTES = 256;

  private final TestSpans sink = new TestSpans();
  private final EpochClock clock = new EpochClock();
  private AttachedConfig config;
  private SpanRing ring;
  private SpanReader reader;
  private Thread thread;

  @BeforeEach
  void open() throws AttachException, KernelException {
    config = TestObjects.attach(TestObjects.config("spans", TestSpans.yaml(BASE)));
    ring = ring(config);
    reader = new SpanReader(List.of(ring), sink, clock, Log.NONE);
    thread = new Thread(this::run);
  }

  private SpanRing ring(AttachedConfig of) throws KernelException {
    return SpanRing.open(
        of,
        of.config().spans().getFirst(),
        new Decoders(DecodeContext.ofHost()),
        clock,
        sink.counts(),
        Log.NONE);
  }

  private void run() {
    boolean more = true;
    while (more) {
      more = reader.step();
    }
  }

  @AfterEach
  void close() throws InterruptedException {
    end();
    config.close();
  }

  /** Stops the reader, and waits for its thread if that was started. */
  private void end() throws InterruptedException {
    reader.stop();
    if (thread.getState() == Thread.State.NEW) {
      thread.start();
    }
    thread.join();
  }

  private BpfProgram program(String name) {
    return config.programs().stream()
        .map(attached -> attached.program())
        .filter(program -> program.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private int emit(byte[] record, int count) throws BpfException {
    config.map("content").update(new byte[4], Arrays.copyOf(record, CONTENT_BYTES));
    return program("emit").testRun((long) record.length << 32 | count);
  }

  @Test
  void handsOverWhatProgramsWrote() throws Exception {
    thread.start();
    assertThat(emit(base(TRACE, PARENT, SPAN, 5, 6), 1)).isEqualTo(1);

    SpanRecord span = sink.await(1).getFirst();
    assertThat(span.traceId()).isEqualTo(TRACE);
    assertThat(span.parentSpanId()).isEqualTo(PARENT);
    assertThat(span.spanId()).isEqualTo(SPAN);
  }

  @Test
  void theKernelsClockIsOurs() throws Exception {
    thread.start();
    EpochClock clock = new EpochClock();
    long before = clock.now();
    assertThat(program("emit_now").testRun(0)).isEqualTo(1);
    long after = clock.now();

    long slack = 1_000_000;
    assertThat(sink.await(1).getFirst().startEpochNanos()).isBetween(before - slack, after + slack);
  }

  @Test
  void everyRecordIsCounted() throws Exception {
    thread.start();
    int emitted = 0;
    while (emitted < 30_000) {
      emitted += emit(base(TRACE, PARENT, SPAN, 5, 6), 500);
    }
    int broken = emit(base(TRACE, PARENT, SPAN, 5, -6), 10);
    sink.await(emitted);
    config.close();
    end();

    assertThat(sink.spans()).hasSize(emitted);
    RingState state = reader.states().getFirst();
    assertThat(state.config()).isEqualTo("spans");
    assertThat(state.ringbuf()).isEqualTo("test_spans");
    assertThat(state.records()).isEqualTo(emitted + broken);
    assertThat(state.decodeErrors()).isEqualTo(broken);
    assertThat(state.fullest()).isBetween(0.01, 1.0);
  }

  @Test
  void whatIsLeftAtTheEndIsReadAfterTheProgramsAreGone() throws Exception {
    thread.start();
    int emitted = emit(base(TRACE, PARENT, SPAN, 5, 6), 1_000);
    config.close();
    end();

    assertThat(emitted).isEqualTo(1_000);
    assertThat(sink.spans()).hasSize(emitted);
  }

  @Test
  void anyNumberOfLooksSeesTheFullestState() throws Exception {
    int emitted = emit(base(TRACE, PARENT, SPAN, 5, 6), 1_000);
    thread.start();
    sink.await(emitted);
    double fullest = reader.states().getFirst().fullest();
    assertThat(fullest).isBetween(0.01, 1.0);
    assertThat(reader.states().getFirst().fullest()).isEqualTo(fullest);
  }

  @Test
  void aLookWaitsForRecordsThatWakeNobody() throws Exception {
    thread.start();
    awaitSleep();
    assertThat(program("emit_quietly").testRun(0)).isEqualTo(1);
    reader.look(Duration.ofSeconds(30).toMillis());
    assertThat(reader.states().getFirst().records()).isEqualTo(1);
  }

  @Test
  void recordsThatWakeNobodyAreReadWithoutALook() throws Exception {
    thread.start();
    awaitSleep();
    assertThat(program("emit_quietly").testRun(0)).isEqualTo(1);
    assertThat(sink.await(1)).hasSize(1);
  }

  /** Waits until the thread has looked once and found nothing. */
  private void awaitSleep() {
    reader.look(Duration.ofSeconds(30).toMillis());
  }

  @Test
  void readsOtherBuffersWhenToldAndTakesTheLastOfTheFormer() throws Exception {
    thread.start();
    try (AttachedConfig other =
        TestObjects.attach(TestObjects.config("spans", TestSpans.yaml(BASE)))) {
      int emitted = emit(base(TRACE, PARENT, SPAN, 5, 6), 700);
      SpanRing second = ring(other);
      reader.read(List.of(second), sink);
      assertThat(sink.await(emitted)).hasSize(emitted);
      AttachedConfig former = config;
      config = other;
      emitted += emit(base(TRACE, PARENT, SPAN, 5, 6), 10);
      assertThat(sink.await(emitted)).hasSize(emitted);
      assertThat(reader.rings()).containsExactly(second);
      config = former;
    }
  }

  @Test
  void aSinkThatThrowsCostsItsBatchAndNoMore() throws Exception {
    sink.failOnce(new OutOfMemoryError("a test's"));
    thread.start();
    int lost = emit(base(TRACE, PARENT, SPAN, 5, 6), 100);
    sink.awaitFailure();
    int emitted = emit(base(TRACE, PARENT, SPAN, 5, 6), 200);
    config.close();
    end();
    assertThat(sink.spans().size() + sink.counts().dropped(SpanCounts.Reason.EXPORT_FAILED))
        .isEqualTo(lost + emitted);
    assertThat(sink.counts().dropped(SpanCounts.Reason.EXPORT_FAILED)).isPositive();
  }

  @Test
  void endsWhetherItWasStartedOrNot() throws Exception {
    int before = OpenDescriptors.count();
    int emitted = emit(base(TRACE, PARENT, SPAN, 5, 6), 3);
    config.close();
    end();

    assertThat(sink.spans()).hasSize(emitted);
    assertThat(OpenDescriptors.count()).isLessThan(before);
    assertThat(OpenDescriptors.targets()).doesNotContain("anon_inode:bpf-map");
  }
}
