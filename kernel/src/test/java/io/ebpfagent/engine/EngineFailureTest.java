// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.ebpfagent.KernelTest;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.config.Config;
import io.ebpfagent.rows.RowCursor;
import io.ebpfagent.trace.SpanCounts;
import io.ebpfagent.trace.SpanRecord;
import io.ebpfagent.trace.SpanSink;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Configs that throw, and readers that stall, over real programs. */
@KernelTest
@Timeout(120)
final class EngineFailureTest extends EngineTestCase {
  @Test
  void whateverOneConfigThrowsIsThatConfigsFailure() throws Exception {
    List<Throwable> throwables =
        List.of(
            new IllegalStateException("broken"),
            new OutOfMemoryError("a test's"),
            new UnsatisfiedLinkError("no usable libbpf"),
            new NoClassDefFoundError("io/ebpfagent/bpf/Nothing"));
    for (Throwable thrown : throwables) {
      lines.clear();
      int before = OpenDescriptors.count();
      Config bad = withObject(config("bad"), throwing(thrown));
      EnginePlan plan = plan(switches("first"), bad, config("last")).build();
      try (Engine engine = Engine.start(plan)) {
        assertThat(engine.configs())
            .extracting(ConfigState::name, ConfigState::runs)
            .containsExactly(tuple("first", true), tuple("bad", false), tuple("last", true));
        assertThat(engine.configs().get(1).failure().orElseThrow())
            .startsWith("bad: ")
            .contains(String.valueOf(thrown.getMessage()));
        assertThat(lines)
            .filteredOn(line -> line.startsWith("ERROR"))
            .singleElement()
            .asString()
            .contains("bad: ");
        put(engine, "last", 5, 6);
        assertThat(samples(engine, "hash_u64")).containsExactly("hash_u64{a=\"5\",b=\"0\"} 6");
        assertThat(samples(engine, "config_attached")).contains("config_attached{name=\"bad\"} 0");
      }
      assertThat(OpenDescriptors.count()).isEqualTo(before);
    }
  }

  @Test
  void anObjectThatTheVerifierRefusesIsSaidLineByLine() {
    Config rejected =
        TestObjects.config(
            "rejected", "metrics: {counters: [{name: rejected_total, help: A test's}]}");
    try (Engine engine = Engine.start(plan(rejected).build())) {
      assertThat(engine.configs().getFirst().failure().orElseThrow())
          .contains("program forgets_null_check was refused");
      assertThat(lines).anyMatch(line -> line.startsWith("DEBUG rejected: all that libbpf said:"));
    }
  }

  @Test
  void withoutThreadsItRunsAndTellsWhatIsMissing() throws Exception {
    String yaml =
        """
        metrics:
          counters: [{name: content, help: A test's}]
        tracing:
          spans:
            - {name: a, ringbuf: test_spans, labels: [{name: n, size: 8, decoders: [{name: ksym}]}]}
        """;
    EnginePlan plan =
        plan(TestObjects.config("spans", yaml), config("one"))
            .spans(new NoSpans())
            .threads(
                task -> {
                  throw new OutOfMemoryError("unable to create native thread");
                })
            .build();
    try (Engine engine = Engine.start(plan)) {
      assertThat(lines).anyMatch(line -> line.startsWith("ERROR no spans of configs"));
      put(engine, "one", 1, 11);
      assertThat(samples(engine, "hash_u64")).hasSize(1);
    }
  }

  @Test
  void aSinkThatThrowsAtTheStartLeavesNothing() {
    EnginePlan plan =
        plan(switches("two"), config("one")).spans(new NoSpans()).traceStart(true).build();
    assertThatThrownBy(() -> Engine.start(plan))
        .isInstanceOf(AssertionError.class)
        .hasMessage("there is no thread for spans");
  }

  /** Takes none. */
  private static final class NoSpans implements SpanSink {
    @Override
    public void accept(List<SpanRecord> spans) {
      throw new AssertionError("there is no thread for spans");
    }

    @Override
    public SpanCounts counts() {
      return new SpanCounts();
    }

    @Override
    public void close(Duration limit) {}
  }

  @Test
  void closingWaitsForNoReader() throws Exception {
    Engine engine = Engine.start(plan(config("one")).build());
    put(engine, "one", 1, 11);
    RowCursor stalled = attached(engine, "one").rows("hash_u64").open();
    engine.close();
    engine.close();
    assertThat(samples(engine, "hash_u64")).isEmpty();
    assertThat(stalled.next()).isTrue();
    stalled.close();
  }
}
