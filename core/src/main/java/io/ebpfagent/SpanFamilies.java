package io.ebpfagent;

import io.ebpfagent.metrics.InfoSink;
import io.ebpfagent.metrics.InfoSource;
import io.ebpfagent.trace.EpochClock;
import io.ebpfagent.trace.RingState;
import io.ebpfagent.trace.SpanCounts;
import io.ebpfagent.trace.SpanReaders;
import java.io.IOException;
import java.util.List;

/** What became of the records of ring buffers, as metrics. */
record SpanFamilies(SpanReaders readers, SpanCounts counts, EpochClock clock)
    implements InfoSource {
  private static final String CONFIG = "config";
  private static final String RINGBUF = "ringbuf";

  @Override
  public void write(InfoSink sink) throws IOException {
    List<RingState> rings = readers.takeStates();
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
        "The part of a ring buffer that was in use at most since the last scrape.",
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
