// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextStorage;
import io.opentelemetry.context.Scope;
import io.opentelemetry.javaagent.bootstrap.EbpfThread;
import org.jspecify.annotations.Nullable;

/**
 * OpenTelemetry's own storage of contexts by thread, and the thread's record with it: one
 * thread-local for both. It does as the one it stands for, down to scopes that are closed twice,
 * out of order or by another thread.
 */
final class RecordedStorage implements ContextStorage {
  @Override
  @SuppressWarnings({"MustBeClosed", "ReferenceEquality"}) // the caller closes; the same context
  public Scope attach(@Nullable Context context) {
    if (context == null) {
      return Scope.noop();
    }
    EbpfThread thread = EbpfThread.current();
    if (context == thread.context) {
      return Scope.noop();
    }
    Attached scope = new Attached(thread, context);
    thread.context = context;
    if (thread.isListening()) {
      ContextWriter.write(thread, context);
    }
    return scope;
  }

  @Override
  public @Nullable Context current() {
    EbpfThread thread = EbpfThread.currentOrNull();
    return thread == null ? null : (Context) thread.context;
  }

  /** A context that is attached, with what was before it. */
  private static final class Attached extends EbpfThread.Saved implements Scope {
    private final EbpfThread thread;
    private final Context context;
    private final @Nullable Context before;
    private boolean closed;

    Attached(EbpfThread thread, Context context) {
      super(thread);
      this.thread = thread;
      this.context = context;
      this.before = (Context) thread.context;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // the same context, not an equal one
    public void close() {
      EbpfThread current = EbpfThread.current();
      if (closed || current.context != context) {
        return;
      }
      closed = true;
      current.context = before;
      if (current == thread) {
        current.restore(this);
      } else if (current.isListening()) {
        ContextWriter.write(current, before);
      }
    }
  }
}
