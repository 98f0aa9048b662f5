// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.javaagent.bootstrap.EbpfThread;

/** Says what span a context is in. Whatever is wrong with the context, it is in none. */
final class ContextWriter {
  private static final int TRACE_ID_DIGITS = 32;

  private ContextWriter() {}

  /**
   * A context as its thread's record has it.
   *
   * @param thread the current one
   * @throws StackOverflowError rather than that it says of a span what isn't so
   */
  static EbpfThread.State state(EbpfThread thread, Context context) {
    EbpfThread.State state = new EbpfThread.State(context);
    if (thread.isListening()) {
      try {
        read(thread, context, state);
      } catch (StackOverflowError e) {
        throw e;
      } catch (Throwable e) {
        // A context is the application's: its next attach must not fail because of us.
      }
    }
    return state;
  }

  private static void read(EbpfThread thread, Context context, EbpfThread.State state) {
    SpanContext span = Span.fromContext(context).getSpanContext();
    if (!span.isValid()) {
      return;
    }
    String trace = span.getTraceId();
    if (!thread.isOf(trace)) {
      if (trace.length() != TRACE_ID_DIGITS) {
        return;
      }
      thread.trace(trace, HexIds.bytes(trace, 0), HexIds.bytes(trace, HexIds.DIGITS));
    }
    thread.span(
        state,
        HexIds.bytes(span.getSpanId(), 0),
        Byte.toUnsignedInt(span.getTraceFlags().asByte()));
  }
}
