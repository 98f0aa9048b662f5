// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What an application knows of its own spans, and tells the kernel with an argument of a system
 * call: see context-truth.bpf.c. It keeps this beside OpenTelemetry's contexts, in a thread-local
 * of its own.
 */
final class Truth {
  private static final Tracer TRACER = GlobalOpenTelemetry.getTracer("app");
  private static final Path FILE = Path.of("/proc/self/exe");
  private static final int SAYS = 7;
  private static final int ASKS = 5;

  private static final ThreadLocal<@Nullable Context> CURRENT = new ThreadLocal<>();
  private static final FileChannel CHANNEL = open();

  private Truth() {}

  private static FileChannel open() {
    try {
      return FileChannel.open(FILE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Says which span the thread is in now. */
  static void say() {
    say(CHANNEL);
  }

  private static void say(FileChannel channel) {
    Context context = CURRENT.get();
    SpanContext span =
        context == null ? SpanContext.getInvalid() : Span.fromContext(context).getSpanContext();
    long position = span.isValid() ? Long.parseUnsignedLong(span.getSpanId(), 16) >>> 1 : 0;
    try {
      channel.read(ByteBuffer.allocate(SAYS), position);
    } catch (ClosedByInterruptException e) {
      // It was said before that.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same of a thread that may be interrupted, which closes the channel. */
  static void sayThoughInterrupted() {
    boolean interrupted = Thread.interrupted();
    try {
      say();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Has the kernel tell what it counted. */
  static void ask() throws IOException {
    CHANNEL.read(ByteBuffer.allocate(ASKS), 0);
  }

  /** A new span that is not current yet: a child of the current one, or the first of a trace. */
  static Context newSpan() {
    Context parent = CURRENT.get();
    Span span =
        TRACER.spanBuilder("s").setParent(parent == null ? Context.root() : parent).startSpan();
    span.end();
    return (parent == null ? Context.root() : parent).with(span);
  }

  /** An attached context, whose close must do as OpenTelemetry's own storage does. */
  static final class Attached implements AutoCloseable {
    private final Scope scope;
    private final Context context;
    private final @Nullable Context before;
    private final Thread thread = Thread.currentThread();
    private boolean closed;

    @SuppressWarnings("MustBeClosedChecker") // close does
    Attached(Context context) {
      this.context = context;
      this.before = CURRENT.get();
      scope = context.makeCurrent();
      CURRENT.set(context);
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // it is the same one or another
    public void close() {
      scope.close();
      // The agent keeps a context of its own for each attach of one, so that no other thread ever
      // has the same.
      if (!closed && Thread.currentThread() == thread && CURRENT.get() == context) {
        closed = true;
        CURRENT.set(before);
      }
    }
  }

  /** A new span, current from here on. */
  @SuppressWarnings("MustBeClosedChecker") // the caller's to close, or not
  static Attached enter() {
    return new Attached(newSpan());
  }

  /**
   * A task as the agent's executors run it: in the context of whoever handed it over, if there was
   * one.
   */
  static Runnable handedOver(Runnable task) {
    Context context = CURRENT.get();
    return () -> {
      Context before = CURRENT.get();
      if (context != null) {
        CURRENT.set(context);
      }
      try {
        task.run();
      } finally {
        if (context != null) {
          CURRENT.set(before);
        }
      }
    };
  }
}
