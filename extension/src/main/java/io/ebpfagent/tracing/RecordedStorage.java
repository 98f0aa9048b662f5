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
    EbpfThread.State before = thread.state();
    if (before != null && before.context == context) {
      return Scope.noop();
    }
    EbpfThread.State state = ContextWriter.state(thread, context);
    Scope scope = new Attached(thread, state, before);
    thread.enter(state);
    return scope;
  }

  @Override
  public @Nullable Context current() {
    EbpfThread thread = EbpfThread.currentOrNull();
    EbpfThread.State state = thread == null ? null : thread.state();
    return state == null ? null : (Context) state.context;
  }

  /** A context that is attached, and what was before it. */
  private static final class Attached implements Scope {
    private final EbpfThread thread;

    /** Null when it is closed. */
    private EbpfThread.@Nullable State state;

    private final EbpfThread.@Nullable State before;

    Attached(EbpfThread thread, EbpfThread.State state, EbpfThread.@Nullable State before) {
      this.thread = thread;
      this.state = state;
      this.before = before;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // the same context, not an equal one
    public void close() {
      EbpfThread current = EbpfThread.current();
      EbpfThread.State its = current.state();
      if (its == null && current != thread && thread.isCurrentThreads()) {
        // Its thread locals were erased meanwhile.
        thread.forget();
      }
      EbpfThread.State mine = state;
      if (mine == null || its == null || its.context != mine.context) {
        return;
      }
      EbpfThread.State back = before;
      if (current != thread && before != null) {
        // What another thread was in says what that one could write, which may differ.
        back = ContextWriter.state(current, (Context) before.context);
      }
      state = null;
      current.goBack(back);
    }
  }
}
