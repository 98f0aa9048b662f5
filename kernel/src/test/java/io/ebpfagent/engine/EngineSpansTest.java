// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfProgram;
import io.ebpfagent.config.Config;
import io.ebpfagent.trace.SpanCounts;
import io.ebpfagent.trace.SpanRecord;
import io.ebpfagent.trace.SpanSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Spans of an engine's configs and of its own start, over real programs. */
@KernelTest
@Timeout(120)
final class EngineSpansTest extends EngineTestCase {
  private static final String SPANS =
      """
      tracing:
        spans:
          - name: a_span
            ringbuf: test_spans
            labels:
              - {name: trace_id, size: 16, decoders: [{name: hex}]}
              - {name: parent_span_id, size: 8, decoders: [{name: hex}]}
              - {name: span_id, size: 8, decoders: [{name: hex}]}
              - {name: span_monotonic_timestamp_ns, size: 8, decoders: [{name: uint}]}
              - {name: span_duration_ns, size: 8, decoders: [{name: uint}]}
      """;

  /** Keeps what it gets. */
  private static class Sink implements SpanSink {
    private final List<SpanRecord> spans = new ArrayList<>();
    private final SpanCounts counts = new SpanCounts();

    @Override
    public void accept(List<SpanRecord> more) {
      synchronized (this) {
        spans.addAll(more);
        counts.addExported(more.size());
        notifyAll();
      }
    }

    synchronized List<SpanRecord> await(int count) throws InterruptedException {
      while (spans.size() < count) {
        wait();
      }
      return List.copyOf(spans);
    }

    synchronized int size() {
      return spans.size();
    }

    @Override
    public SpanCounts counts() {
      return counts;
    }

    @Override
    public void close(Duration limit) {}
  }

  private static Config spans(String name) {
    return TestObjects.config(name, "spans", SPANS);
  }

  private static void emit(Engine engine, String config) throws BpfException {
    BpfProgram program =
        attached(engine, config).programs().stream()
            .map(each -> each.program())
            .filter(each -> each.name().equals("emit_now"))
            .findFirst()
            .orElseThrow();
    assertThat(program.testRun(0)).isEqualTo(1);
  }

  @Test
  void comeToTheSinkAndAreCounted() throws Exception {
    Sink sink = new Sink();
    try (Engine engine = Engine.start(plan(spans("traced")).spans(sink).build())) {
      emit(engine, "traced");
      assertThat(sink.await(1).getFirst().name()).isEqualTo("a_span");
      assertThat(samples(engine, "ringbuf_records_total"))
          .containsExactly("ringbuf_records_total{config=\"traced\",ringbuf=\"test_spans\"} 1");
      assertThat(samples(engine, "spans_exported_total")).containsExactly("spans_exported_total 1");
      assertThat(samples(engine, "spans_dropped_total"))
          .hasSize(SpanCounts.Reason.values().length)
          .allMatch(line -> line.endsWith(" 0"));
    }
  }

  /** Also one of a config that fails. */
  @Test
  void ofTheStartToldIfWanted() throws Exception {
    Sink sink = new Sink();
    Config bad = withObject(config("bad"), throwing(new IllegalStateException("broken")));
    try (Engine engine =
        Engine.start(plan(config("one"), bad).spans(sink).traceStart(true).build())) {
      List<SpanRecord> start = sink.await(3);
      SpanRecord root = start.getFirst();
      assertThat(root.parentSpanId()).isNull();
      assertThat(start).allMatch(span -> span.traceId().equals(root.traceId()));
      assertThat(start).extracting(SpanRecord::name).contains("attach", "attach one");
      assertThat(start).allMatch(span -> span.startEpochNanos() <= span.endEpochNanos());
      assertThat(engine.configs().getLast().runs()).isFalse();
    }
  }

  @Test
  void ofOnePlanAfterTheOther() throws Exception {
    Sink first = new Sink();
    Sink second = new Sink();
    try (Engine engine = Engine.start(plan(spans("one")).spans(first).build())) {
      emit(engine, "one");
      first.await(1);
      engine.replace(plan(spans("one"), spans("two")).spans(second).build());
      emit(engine, "one");
      emit(engine, "two");
      second.await(2);
      assertThat(first.size()).isEqualTo(1);
      assertThat(samples(engine, "ringbuf_records_total")).hasSize(2);

      engine.replace(plan(spans("one")).build());
      assertThat(samples(engine, "ringbuf_records_total")).isEmpty();
      assertThat(second.size()).isEqualTo(2);

      engine.replace(plan(spans("one")).spans(second).build());
      emit(engine, "one");
      second.await(3);
    }
  }

  @Test
  void theLastAreTakenBeforeTheEnd() throws Exception {
    Sink sink = new Sink();
    int last = 100;
    Engine engine = Engine.start(plan(spans("one")).spans(sink).build());
    for (int i = 0; i < last; i++) {
      emit(engine, "one");
    }
    engine.close();
    assertThat(sink.size()).isEqualTo(last);
  }

  @Test
  void aSinkThatDoesNotReturnKeepsNobodyFromClosing() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    Sink sink =
        new Sink() {
          @Override
          public void accept(List<SpanRecord> more) {
            asked.countDown();
            try {
              released.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    Engine engine = Engine.start(plan(spans("one")).spans(sink).build());
    emit(engine, "one");
    asked.await();
    engine.close();
    assertThat(lines).anyMatch(line -> line.contains("the sink of spans does not return"));
    released.countDown();
    // Then its thread closes what was left open.
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (System.nanoTime() < deadline
        && Thread.getAllStackTraces().keySet().stream()
            .anyMatch(thread -> thread.getName().equals("ebpf-spans"))) {
      Thread.onSpinWait();
    }
  }
}
