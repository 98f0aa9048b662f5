package io.ebpfagent.trace;

import static io.ebpfagent.trace.TestSpans.BASE;
import static io.ebpfagent.trace.TestSpans.BASE_BYTES;
import static io.ebpfagent.trace.TestSpans.PARENT;
import static io.ebpfagent.trace.TestSpans.SPAN;
import static io.ebpfagent.trace.TestSpans.TRACE;
import static io.ebpfagent.trace.TestSpans.base;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.attach.AttachException;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfProgram;
import io.ebpfagent.decode.DecodeContext;
import io.ebpfagent.decode.Decoders;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Spans from a real ring buffer. */
@KernelTest
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SpanReadersTest {
  private static final int CONTENT_BYTES = 256;

  private final TestSpans sink = new TestSpans();
  private AttachedConfig config;
  private SpanReaders readers;

  @BeforeEach
  void open() throws AttachException, BpfException {
    config = TestObjects.attach(TestObjects.config("spans", TestSpans.yaml(BASE)));
    readers =
        SpanReaders.open(
            List.of(config), new Decoders(DecodeContext.ofHost()), sink, new EpochClock());
  }

  @AfterEach
  void close() {
    config.close();
    readers.close();
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
    readers.start();
    assertThat(emit(base(TRACE, PARENT, SPAN, 5, 6), 1)).isEqualTo(1);

    SpanRecord span = sink.await(1).getFirst();
    assertThat(span.traceId()).isEqualTo(TRACE);
    assertThat(span.parentSpanId()).isEqualTo(PARENT);
    assertThat(span.spanId()).isEqualTo(SPAN);
  }

  @Test
  void theKernelsClockIsOurs() throws Exception {
    readers.start();
    EpochClock clock = new EpochClock();
    long before = clock.now();
    assertThat(program("emit_now").testRun(0)).isEqualTo(1);
    long after = clock.now();

    long slack = 1_000_000;
    assertThat(sink.await(1).getFirst().startEpochNanos()).isBetween(before - slack, after + slack);
  }

  @Test
  void everyRecordIsCounted() throws Exception {
    readers.start();
    int emitted = 0;
    while (emitted < 30_000) {
      emitted += emit(base(TRACE, PARENT, SPAN, 5, 6), 500);
    }
    int broken = emit(base(TRACE, PARENT, SPAN, 5, -6), 10);
    sink.await(emitted);
    config.close();
    readers.close();

    assertThat(sink.spans()).hasSize(emitted);
    RingState state = readers.takeStates().getFirst();
    assertThat(state.config()).isEqualTo("spans");
    assertThat(state.ringbuf()).isEqualTo("test_spans");
    assertThat(state.records()).isEqualTo(emitted + broken);
    assertThat(state.decodeErrors()).isEqualTo(broken);
    assertThat(state.fullest()).isBetween(0.01, 1.0);
  }

  @Test
  void whatIsLeftAtTheEndIsReadAfterTheProgramsAreGone() throws Exception {
    readers.start();
    int emitted = emit(base(TRACE, PARENT, SPAN, 5, 6), 1_000);
    config.close();
    readers.close();

    assertThat(emitted).isEqualTo(1_000);
    assertThat(sink.spans()).hasSize(emitted);
  }

  @Test
  void closesWhetherItWasStartedOrNot() throws Exception {
    emit(base(TRACE, PARENT, SPAN, 5, 6), BASE_BYTES);
    readers.close();

    assertThat(sink.spans()).isEmpty();
  }
}
