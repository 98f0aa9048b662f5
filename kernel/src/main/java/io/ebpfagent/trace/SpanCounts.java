// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** How many spans were exported, and how many dropped and why. Safe from many threads. */
public final class SpanCounts {
  /** Why a span was dropped. */
  public enum Reason {
    /** The receiver refused it, or could not be reached for as long as was tried. */
    EXPORT_FAILED,
    /** A decoder of its config, such as a regexp, said so. */
    FILTERED,
    /** No exporter is configured, or the one that is can't be made. */
    NO_EXPORTER,
    /** It came quicker than the receiver takes spans. */
    QUEUE_FULL,
    /** The process stopped before it could be sent. */
    STOPPED;

    /** The reason as a label's value: {@code queue_full}. */
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

  /** Dropped for any reason but that their config wants none of them. */
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
