// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.metrics.InfoSink;
import io.ebpfagent.metrics.InfoSource;
import io.ebpfagent.trace.EpochClock;
import io.ebpfagent.trace.RingState;
import io.ebpfagent.trace.SpanCounts;
import io.ebpfagent.trace.SpanReader;
import java.io.IOException;
import java.util.List;

/** Metrics about the records of ring buffers and their spans. */
record SpanFamilies(SpanReader reader, SpanCounts counts, EpochClock clock) implements InfoSource {
  private static final String CONFIG = "config";
  private static final String RINGBUF = "ringbuf";

  /**
   * How long a scrape waits for the reader, in milliseconds. A reader that is busy knows the
   * buffers' state anyway.
   */
  private static final long LONGEST_LOOK_MILLIS = 100;

  @Override
  public void write(InfoSink sink) throws IOException {
    reader.look(LONGEST_LOOK_MILLIS);
    List<RingState> rings = reader.states();
    sink.counter("ringbuf_records_total", "Records read from a ring buffer.", CONFIG, RINGBUF);
    for (RingState ring : rings) {
      sink.sample(ring.records(), ring.config(), ring.ringbuf());
    }
    sink.counter(
        "ringbuf_decode_errors_total",
        "Records of a ring buffer dropped because they can't be decoded.",
        CONFIG,
        RINGBUF);
    for (RingState ring : rings) {
      sink.sample(ring.decodeErrors(), ring.config(), ring.ringbuf());
    }
    sink.gauge(
        "ringbuf_fullest_ratio",
        "Highest part of the ring buffer that was in use in the last one to two minutes.",
        CONFIG,
        RINGBUF);
    for (RingState ring : rings) {
      sink.sample(ring.fullest(), ring.config(), ring.ringbuf());
    }
    sink.counter("spans_exported_total", "Spans that the receiver took.");
    sink.sample(counts.exported());
    sink.counter("spans_dropped_total", "Spans that were not exported, by reason.", "reason");
    for (SpanCounts.Reason reason : SpanCounts.Reason.values()) {
      sink.sample(counts.dropped(reason), reason.label());
    }
    sink.gauge(
        "span_clock_error_seconds",
        "How far off the spans' times may be, as measured between the kernel's clock and the epoch.");
    sink.sample(clock.errorNanos() / 1e9);
  }
}
