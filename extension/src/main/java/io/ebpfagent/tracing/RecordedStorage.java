// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextStorage;
import io.opentelemetry.context.Scope;
import io.opentelemetry.javaagent.bootstrap.EbpfThread;
import io.opentelemetry.javaagent.bootstrap.EbpfThread.SpanIds;
import org.jspecify.annotations.Nullable;

/**
 * OpenTelemetry's own storage of contexts by thread, and the thread's record with it: one
 * thread-local for both. It does as the one it stands for, down to scopes that are closed twice,
 * out of order or by another thread.
 */
final class RecordedStorage implements ContextStorage {
  /** Here, so that what it needs is loaded before the application's first context. */
  private final Context root = RecordedContext.ROOT;

  @Override
  @SuppressWarnings({"MustBeClosed", "ReferenceEquality"}) // the caller closes; the same context
  public Scope attach(@Nullable Context context) {
    if (context == null) {
      return Scope.noop();
    }
    EbpfThread thread = EbpfThread.current();
    Object before = thread.context();
    if (before == context) {
      return Scope.noop();
    }
    SpanIds ids = ContextWriter.ids(thread, context);
    Scope scope = new Attached(thread, context, before, thread.ids());
    thread.enter(context, ids);
    return scope;
  }

  @Override
  public @Nullable Context current() {
    EbpfThread thread = EbpfThread.currentOrNull();
    return thread == null ? null : (Context) thread.context();
  }

  @Override
  public Context root() {
    return root;
  }

  /** A context that is attached, and what was before it. */
  private static final class Attached implements Scope {
    private final EbpfThread thread;

    /** Null when it is closed. */
    private @Nullable Context context;

    private final @Nullable Object before;
    private final SpanIds idsBefore;

    Attached(EbpfThread thread, Context context, @Nullable Object before, SpanIds idsBefore) {
      this.thread = thread;
      this.context = context;
      this.before = before;
      this.idsBefore = idsBefore;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // the same context, not an equal one
    public void close() {
      EbpfThread current = EbpfThread.current();
      Object its = current.context();
      if (its == null && current != thread && thread.isCurrentThreads()) {
        // Its thread locals were erased meanwhile.
        thread.forget();
      }
      if (context == null || its != context) {
        return;
      }
      SpanIds ids = idsBefore;
      if (current != thread && before != null) {
        // What another thread was in says what that one could write, which may differ.
        ids = ContextWriter.ids(current, (Context) before);
      }
      context = null;
      current.goBack(before, ids);
    }
  }
}
