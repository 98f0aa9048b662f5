// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.javaagent.bootstrap.EbpfThread;
import org.jspecify.annotations.Nullable;

/** Writes what a thread's context says. Whatever is wrong with it, the thread is in no span. */
final class ContextWriter {
  private static final int TRACE_ID_DIGITS = 32;

  private ContextWriter() {}

  /**
   * Writes a context.
   *
   * @param thread the current one, which listens
   * @param context now the current one; null for the root
   */
  @SuppressWarnings("ReferenceEquality") // spans of one trace share the text of its id
  static void write(EbpfThread thread, @Nullable Context context) {
    try {
      if (context == null) {
        thread.leave();
        return;
      }
      SpanContext span = Span.fromContext(context).getSpanContext();
      if (!span.isValid()) {
        thread.leave();
        return;
      }
      String trace = span.getTraceId();
      if (trace != thread.traceId) {
        if (trace.length() != TRACE_ID_DIGITS) {
          thread.leave();
          return;
        }
        thread.trace(trace, HexIds.bytes(trace, 0), HexIds.bytes(trace, HexIds.DIGITS));
      }
      thread.enter(
          HexIds.bytes(span.getSpanId(), 0), Byte.toUnsignedInt(span.getTraceFlags().asByte()));
    } catch (Throwable e) {
      // A context is the application's: its next attach must not fail because of us.
      thread.leave();
    }
  }
}
