// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** OpenTelemetry's own context says what is right. */
final class RecordedContextTest {
  private static final int STEPS = 10_000;

  private final List<ContextKey<Object>> keys =
      List.of(ContextKey.named("one"), ContextKey.named("one"), ContextKey.named("two"));

  @Test
  void itHoldsWhatTheUsualContextHolds() {
    Random random = new Random(1);
    List<Context> usual = new ArrayList<>(List.of(Context.root()));
    List<Context> ours = new ArrayList<>(List.of(RecordedContext.ROOT));
    assertThat(usual.getFirst()).isNotSameAs(ours.getFirst());
    for (int i = 0; i < STEPS; i++) {
      int from = random.nextInt(usual.size());
      ContextKey<Object> key = keys.get(random.nextInt(keys.size()));
      Object value = "value " + random.nextInt(3);
      Object same = usual.get(from).get(key);
      Object next = same != null && random.nextBoolean() ? same : value;
      Context usualNext = usual.get(from).with(key, next);
      Context oursNext = ours.get(from).with(key, next);
      assertThat(oursNext == ours.get(from)).isEqualTo(usualNext == usual.get(from));
      usual.add(usualNext);
      ours.add(oursNext);
      int any = random.nextInt(usual.size());
      for (ContextKey<Object> each : keys) {
        assertThat(ours.get(any).get(each)).isSameAs(usual.get(any).get(each));
      }
      assertThat(ours.get(any)).hasToString(usual.get(any).toString());
    }
  }

  @Test
  void spansAndBaggageAreFoundInIt() {
    assertThat(Span.fromContextOrNull(RecordedContext.ROOT)).isNull();
    Span span = Span.getInvalid();
    Baggage baggage = Baggage.builder().put("key", "value").build();
    Context context = RecordedContext.ROOT.with(span).with(baggage);
    assertThat(Span.fromContextOrNull(context)).isSameAs(span);
    assertThat(Baggage.fromContextOrNull(context)).isSameAs(baggage);
    assertThat(Span.fromContextOrNull(RecordedContext.ROOT)).isNull();
  }
}
