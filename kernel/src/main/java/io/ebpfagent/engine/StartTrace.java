// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.attach.Step;
import io.ebpfagent.trace.EpochClock;
import io.ebpfagent.trace.SpanIds;
import io.ebpfagent.trace.SpanRecord;
import io.ebpfagent.trace.SpanSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The engine's own start as a trace, so that users see at once that tracing works: {@code attach},
 * below it a span for each config, and below that its steps.
 *
 * @param begin when the first config was begun, by {@link System#nanoTime}
 * @param end when the last one was done, by {@link System#nanoTime}
 */
record StartTrace(long begin, long end, List<Step> steps) {
  private static final String NAME = "attach";
  private static final String ERROR = "error.message";

  List<SpanRecord> spans(EpochClock clock) {
    List<SpanRecord> spans = new ArrayList<>();
    String trace = SpanIds.newTraceId();
    String root = SpanIds.newSpanId();
    spans.add(
        new SpanRecord(
            new SpanSource(null, null, List.of()),
            NAME,
            trace,
            root,
            null,
            clock.toEpochNanos(begin),
            clock.toEpochNanos(end),
            List.of()));
    Map<String, List<Step>> byConfig = new LinkedHashMap<>();
    for (Step step : steps) {
      byConfig.computeIfAbsent(step.config(), config -> new ArrayList<>()).add(step);
    }
    byConfig.forEach(
        (config, itsSteps) -> {
          String parent = SpanIds.newSpanId();
          Step last = itsSteps.getLast();
          Step whole =
              new Step(
                  config,
                  NAME + " " + config,
                  itsSteps.getFirst().begin(),
                  last.end(),
                  last.failure());
          spans.add(span(whole, trace, parent, root, clock));
          for (Step step : itsSteps) {
            spans.add(span(step, trace, SpanIds.newSpanId(), parent, clock));
          }
        });
    return spans;
  }

  private static SpanRecord span(
      Step step, String trace, String id, String parent, EpochClock clock) {
    String failure = step.failure();
    List<String> names = failure == null ? List.of() : List.of(ERROR);
    return new SpanRecord(
        new SpanSource(step.config(), null, names),
        step.name(),
        trace,
        id,
        parent,
        clock.toEpochNanos(step.begin()),
        clock.toEpochNanos(step.end()),
        failure == null ? List.of() : List.of(failure));
  }
}
