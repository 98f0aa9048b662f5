// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts the exported spans, and the dropped spans by reason. Thread-safe. */
public final class SpanCounts {
  /** Why a span was dropped. */
  public enum Reason {
    /** The receiver refused the span, or could not be reached before the retries ended. */
    EXPORT_FAILED,
    /** A decoder of its config, such as a regexp, skipped it. */
    FILTERED,
    /** No exporter is configured, or the configured one can't be created. */
    NO_EXPORTER,
    /** Spans came faster than the receiver accepts them. */
    QUEUE_FULL,
    /** The process stopped before the span could be sent. */
    STOPPED;

    /** Returns the reason as a label's value: {@code queue_full}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final LongAdder exported = new LongAdder();
  private final Map<Reason, LongAdder> dropped = new EnumMap<>(Reason.class);

  public SpanCounts() {
    for (Reason reason : Reason.values()) {
      dropped.put(reason, new LongAdder());
    }
  }

  public void addExported(long spans) {
    exported.add(spans);
  }

  public void addDropped(Reason reason, long spans) {
    of(reason).add(spans);
  }

  public long exported() {
    return exported.sum();
  }

  public long dropped(Reason reason) {
    return of(reason).sum();
  }

  /** Number of spans that were dropped for any reason but a filter of their config. */
  public long lost() {
    long lost = 0;
    for (Reason reason : Reason.values()) {
      lost += reason == Reason.FILTERED ? 0 : dropped(reason);
    }
    return lost;
  }

  private LongAdder of(Reason reason) {
    LongAdder adder = dropped.get(reason);
    if (adder == null) {
      throw new IllegalArgumentException(reason.label());
    }
    return adder;
  }
}
