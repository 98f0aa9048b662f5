package io.ebpfagent.trace;

import io.ebpfagent.bpf.RingBuffer;
import io.ebpfagent.decode.DecodeException;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** One ring buffer with what decodes its records. One thread drains; counters are anyone's. */
final class SpanRing implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent.trace");

  private final String config;
  private final RingBuffer buffer;
  private final SpanDecoder decoder;
  private final SpanCounts counts;
  private final LongAdder decodeErrors = new LongAdder();
  private boolean logged;

  SpanRing(String config, RingBuffer buffer, SpanDecoder decoder, SpanCounts counts) {
    this.config = config;
    this.buffer = buffer;
    this.decoder = decoder;
    this.counts = counts;
  }

  RingBuffer buffer() {
    return buffer;
  }

  /** Adds spans of at most {@code most} records; returns how many records were read. */
  int drain(int most, List<SpanRecord> to) {
    return buffer.drain(most, (bytes, length) -> decode(bytes, length, to));
  }

  private void decode(byte[] bytes, int length, List<SpanRecord> to) {
    try {
      SpanRecord span = decoder.decode(bytes, length);
      if (span == null) {
        counts.addDropped(SpanCounts.Reason.FILTERED, 1);
      } else {
        to.add(span);
      }
    } catch (DecodeException | RuntimeException e) {
      decodeErrors.increment();
      if (!logged) {
        logged = true;
        LOG.log(
            System.Logger.Level.WARNING,
            "{0}: dropped a record of {1}, more will only be counted: {2}",
            config,
            buffer.name(),
            e.getMessage());
      }
    }
  }

  void age() {
    decoder.age();
  }

  RingState takeState() {
    return new RingState(
        config, buffer.name(), buffer.records(), decodeErrors.sum(), buffer.takeFullest());
  }

  @Override
  public void close() {
    buffer.close();
  }
}
