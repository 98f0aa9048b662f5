// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records as programs write them, and a sink that keeps the spans it receives. */
final class TestSpans implements SpanSink {
  static final String TRACE = "000102030405060708090a0b0c0d0e0f";
  static final String PARENT = "1112131415161718";
  static final String SPAN = "2122232425262728";
  static final String NO_TRACE = "0".repeat(32);
  static final String NO_SPAN = "0".repeat(16);

  /** The labels of most spans. */
  static final String BASE =
      """
            - {name: trace_id, size: 16, decoders: [{name: hex}]}
            - {name: parent_span_id, size: 8, decoders: [{name: hex}]}
            - {name: span_id, size: 8, decoders: [{name: hex}]}
            - {name: span_monotonic_timestamp_ns, size: 8, decoders: [{name: uint}]}
            - {name: span_duration_ns, size: 8, decoders: [{name: uint}]}
      """;

  static final int BASE_BYTES = 48;

  private final List<SpanRecord> spans = new ArrayList<>();
  private final SpanCounts counts = new SpanCounts();
  private boolean closed;
  private @Nullable Error failure;
  private boolean failed;

  static String yaml(String labels) {
    return """
    tracing:
      spans:
        - name: a_span
          ringbuf: test_spans
          service: a-service
          labels:
    """
        + labels;
  }

  static byte[] base(String trace, String parent, String span, long start, long duration) {
    return ByteBuffer.allocate(BASE_BYTES)
        .order(ByteOrder.nativeOrder())
        .put(HexFormat.of().parseHex(trace + parent + span))
        .putLong(start)
        .putLong(duration)
        .array();
  }

  @Override
  public synchronized void accept(List<SpanRecord> more) {
    if (failure != null) {
      Error thrown = failure;
      failure = null;
      failed = true;
      notifyAll();
      throw thrown;
    }
    spans.addAll(more);
    notifyAll();
  }

  @Override
  public SpanCounts counts() {
    return counts;
  }

  @Override
  public synchronized void close(Duration limit) {
    closed = true;
  }

  /** Makes the next batch throw this error. */
  synchronized void failOnce(Error error) {
    failure = error;
  }

  synchronized void awaitFailure() throws InterruptedException {
    while (!failed) {
      wait();
    }
  }

  synchronized boolean closed() {
    return closed;
  }

  synchronized List<SpanRecord> spans() {
    return List.copyOf(spans);
  }

  /** Waits until there are {@code count} spans. */
  synchronized List<SpanRecord> await(int count) throws InterruptedException {
    while (spans.size() < count) {
      wait();
    }
    return List.copyOf(spans);
  }
}
