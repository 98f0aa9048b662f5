// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.javaagent.bootstrap.EbpfThread;
import io.opentelemetry.javaagent.bootstrap.EbpfThread.SpanIds;

/** Says what span a context is in. Whatever is wrong with the context, it is in none. */
final class ContextWriter {
  private static final int TRACE_DIGITS = 32;
  private static final int SPAN_DIGITS = 16;

  private ContextWriter() {}

  /**
   * A context's span as its thread's record has it.
   *
   * @param thread the current one
   * @throws StackOverflowError rather than that it says of a span what isn't so
   */
  static SpanIds ids(EbpfThread thread, Context context) {
    if (thread.isListening()) {
      try {
        SpanIds ids = context instanceof RecordedContext of ? of.ids() : new SpanIds();
        if (!ids.isRead()) {
          read(context, thread.ids(), ids);
        }
        return ids;
      } catch (StackOverflowError e) {
        throw e;
      } catch (Throwable e) {
        // A context is the application's: its next attach must not fail because of us.
      }
    }
    return SpanIds.NONE;
  }

  /**
   * Reads the ids of a context's span.
   *
   * @param before those of another one, which may be of the same trace
   */
  private static void read(Context context, SpanIds before, SpanIds into) {
    SpanContext span = Span.fromContext(context).getSpanContext();
    byte[] id = span.isValid() ? HexIds.digits(span.getSpanId(), SPAN_DIGITS) : null;
    if (id == null) {
      into.setNone();
      return;
    }
    long spanId = HexIds.bytes(id, 0);
    int flags = Byte.toUnsignedInt(span.getTraceFlags().asByte());
    String trace = span.getTraceId();
    // Most spans that begin in another one are of its trace. To remember a trace for longer than
    // that would make a new one, which costs most, cost more still.
    if (before.isOf(trace)) {
      into.setSiblingOf(before, spanId, flags);
      return;
    }
    byte[] digits = HexIds.digits(trace, TRACE_DIGITS);
    if (digits == null) {
      into.setNone();
      return;
    }
    long high = HexIds.bytes(digits, 0);
    long low = HexIds.bytes(digits, TRACE_DIGITS / 2);
    into.set(trace, high, low, spanId, flags);
  }
}
