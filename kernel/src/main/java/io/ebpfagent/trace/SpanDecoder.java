// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import io.ebpfagent.config.Label;
import io.ebpfagent.config.Span;
import io.ebpfagent.decode.Decimal;
import io.ebpfagent.decode.DecodeException;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.decode.LabelRow;
import io.ebpfagent.decode.RowDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Converts one ring buffer's records to spans. Labels with certain names have a meaning; the others
 * become attributes. Not thread-safe.
 */
final class SpanDecoder {
  private static final String TRACE_ID = "trace_id";
  private static final String PARENT_SPAN_ID = "parent_span_id";
  private static final String SPAN_ID = "span_id";
  private static final String START = "span_monotonic_timestamp_ns";
  private static final String DURATION = "span_duration_ns";
  private static final String NAME = "span_name";
  private static final List<String> MEANINGS =
      List.of(TRACE_ID, PARENT_SPAN_ID, SPAN_ID, START, DURATION, NAME);

  private static final int TRACE_ID_DIGITS = 32;
  private static final int SPAN_ID_DIGITS = 16;

  private final RowDecoder decoder;
  private final LabelRow row;
  private final String name;
  private final EpochClock clock;
  private final SpanSource source;

  // The labels' indices; -1 for those that the span doesn't have.
  private final int traceId;
  private final int parentSpanId;
  private final int spanId;
  private final int start;
  private final int duration;
  private final int nameLabel;
  private final int[] attributes;

  SpanDecoder(String config, Span span, Decoders decoders, EpochClock clock) {
    decoder = decoders.row(span.labels());
    row = new LabelRow(span.labels().size());
    name = span.name();
    this.clock = clock;
    List<String> names = span.labels().stream().map(Label::name).toList();
    traceId = names.indexOf(TRACE_ID);
    parentSpanId = names.indexOf(PARENT_SPAN_ID);
    spanId = names.indexOf(SPAN_ID);
    start = names.indexOf(START);
    duration = names.indexOf(DURATION);
    nameLabel = names.indexOf(NAME);
    List<String> others = new ArrayList<>(names);
    others.removeAll(MEANINGS);
    attributes = others.stream().mapToInt(names::indexOf).toArray();
    source =
        new SpanSource(
            config,
            span.service(),
            others,
            Arrays.stream(attributes).mapToObj(i -> span.labels().get(i).type()).toList());
  }

  /**
   * Decodes {@code record[0, length)}.
   *
   * @return null when a decoder drops the record
   * @throws DecodeException when it can't be decoded, or is not a valid span
   */
  @Nullable SpanRecord decode(byte[] record, int length) throws DecodeException {
    if (length < decoder.keySize()) {
      throw new DecodeException(
          "a record of %s bytes, the labels take %s".formatted(length, decoder.keySize()));
    }
    if (!decoder.decode(record, 0, row)) {
      return null;
    }
    String trace = id(traceId, TRACE_ID, TRACE_ID_DIGITS);
    String parent = id(parentSpanId, PARENT_SPAN_ID, SPAN_ID_DIGITS);
    String span = id(spanId, SPAN_ID, SPAN_ID_DIGITS);
    long took = duration < 0 ? 0 : nanos(duration, DURATION);
    long begin = start < 0 ? clock.now() - took : clock.toEpochNanos(nanos(start, START));
    return new SpanRecord(
        source,
        nameLabel < 0 || row.start(nameLabel) == row.end(nameLabel) ? name : row.value(nameLabel),
        trace == null ? SpanIds.newTraceId() : trace,
        span == null ? SpanIds.newSpanId() : span,
        // A parent only makes sense together with the trace that both belong to.
        trace == null ? null : parent,
        begin,
        begin + took,
        values());
  }

  private List<String> values() {
    String[] values = new String[attributes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = row.value(attributes[i]);
    }
    return List.of(values);
  }

  /** Returns an id from a label; null when the label is missing, empty or all zeros. */
  private @Nullable String id(int label, String labelName, int digits) throws DecodeException {
    if (label < 0) {
      return null;
    }
    byte[] text = row.bytes().array();
    int from = row.start(label);
    int to = row.end(label);
    boolean zeros = true;
    boolean hex = true;
    for (int i = from; i < to; i++) {
      zeros &= text[i] == '0';
      hex &= (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    }
    if (zeros) {
      return null;
    }
    if (!hex || to - from != digits) {
      throw new DecodeException(
          "label \"%s\": needs %s lower-case hex digits, found \"%s\""
              .formatted(labelName, digits, row.value(label)));
    }
    return row.value(label);
  }

  private long nanos(int label, String labelName) throws DecodeException {
    // The limit is 31 years, so that adding the epoch can't overflow.
    long value = Decimal.bounded(row.bytes().array(), row.start(label), row.end(label));
    if (value == Decimal.NONE || value == Decimal.MOST) {
      throw new DecodeException(
          "label \"%s\": needs nanoseconds, found \"%s\"".formatted(labelName, row.value(label)));
    }
    return value;
  }

  /** Ends an epoch of the decoders' caches. */
  void age() {
    decoder.scrapeEnded();
  }

  /** Drops what is cached; called when nothing will be decoded any more. */
  void close() {
    decoder.close();
  }
}
