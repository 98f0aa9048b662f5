// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.bpf.RingBuffer;
import io.ebpfagent.config.Span;
import io.ebpfagent.decode.DecodeException;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.log.Log;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * One ring buffer and the decoder of its records. One thread drains; any thread may read the state.
 */
public final class SpanRing implements AutoCloseable {
  private final String config;
  private final RingBuffer buffer;
  private final SpanDecoder decoder;
  private final SpanCounts counts;
  private final Log log;
  private final LongAdder decodeErrors = new LongAdder();
  private final RecentMaximum fullest;
  private boolean logged;

  SpanRing(
      String config,
      RingBuffer buffer,
      SpanDecoder decoder,
      SpanCounts counts,
      Log log,
      LongSupplier nanoTime) {
    this.config = config;
    this.buffer = buffer;
    this.decoder = decoder;
    this.counts = counts;
    this.log = log;
    this.fullest = new RecentMaximum(nanoTime);
  }

  /**
   * Opens the ring buffer of a config's span.
   *
   * @param counts counts the records that a decoder filters out
   * @throws KernelException when the buffer can't be mapped
   */
  public static SpanRing open(
      AttachedConfig config,
      Span span,
      Decoders decoders,
      EpochClock clock,
      SpanCounts counts,
      Log log)
      throws KernelException {
    String name = config.config().name();
    SpanDecoder decoder = new SpanDecoder(name, span, decoders, clock);
    return new SpanRing(
        name, config.ringBuffer(span.ringbuf()), decoder, counts, log, System::nanoTime);
  }

  RingBuffer buffer() {
    return buffer;
  }

  /**
   * Reads at most {@code most} records and adds their spans to {@code to}; returns how many records
   * were read.
   */
  int drain(int most, List<SpanRecord> to) {
    fullest.add(buffer.used());
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
      failed(e);
    } catch (Error e) {
      failed(e);
      throw e;
    }
  }

  private void failed(Throwable e) {
    decodeErrors.increment();
    if (!logged) {
      logged = true;
      log.warning(
          "%s: dropped a record of %s, more will only be counted: %s"
              .formatted(config, buffer.name(), e instanceof DecodeException ? e.getMessage() : e));
    }
  }

  void age() {
    decoder.age();
  }

  RingState state() {
    return new RingState(
        config,
        buffer.name(),
        buffer.records(),
        decodeErrors.sum(),
        Math.max(fullest.get(), buffer.used()));
  }

  /** Unmaps the buffer. The draining thread must have ended. */
  @Override
  public void close() {
    buffer.close();
    decoder.close();
  }
}
