// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.javaagent.bootstrap.EbpfThread;
import org.jspecify.annotations.Nullable;

/** Says what span a context is in. Whatever is wrong with the context, it is in none. */
final class ContextWriter {
  private static final int TRACE_DIGITS = 32;
  private static final int SPAN_DIGITS = 16;

  private ContextWriter() {}

  /**
   * A context as its thread's record has it.
   *
   * @param thread the current one
   * @throws StackOverflowError rather than that it says of a span what isn't so
   */
  static EbpfThread.State state(EbpfThread thread, Context context) {
    if (thread.isListening()) {
      try {
        return read(context, thread.state());
      } catch (StackOverflowError e) {
        throw e;
      } catch (Throwable e) {
        // A context is the application's: its next attach must not fail because of us.
      }
    }
    return new EbpfThread.State(context);
  }

  private static EbpfThread.State read(Context context, EbpfThread.@Nullable State before) {
    SpanContext span = Span.fromContext(context).getSpanContext();
    byte[] id = span.isValid() ? HexIds.digits(span.getSpanId(), SPAN_DIGITS) : null;
    if (id == null) {
      return new EbpfThread.State(context);
    }
    long spanId = HexIds.bytes(id, 0);
    int flags = Byte.toUnsignedInt(span.getTraceFlags().asByte());
    String trace = span.getTraceId();
    // Most spans that begin in another one are of its trace. To remember a trace for longer than
    // that would make a new one, which costs most, cost more still.
    if (before != null && before.isOf(trace)) {
      return before.sibling(context, spanId, flags);
    }
    byte[] digits = HexIds.digits(trace, TRACE_DIGITS);
    if (digits == null) {
      return new EbpfThread.State(context);
    }
    long high = HexIds.bytes(digits, 0);
    long low = HexIds.bytes(digits, TRACE_DIGITS / 2);
    return new EbpfThread.State(context, trace, high, low, spanId, flags);
  }
}
