// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextStorage;
import io.opentelemetry.context.Scope;
import io.opentelemetry.javaagent.bootstrap.EbpfThread;
import io.opentelemetry.javaagent.bootstrap.EbpfThread.SpanIds;
import org.jspecify.annotations.Nullable;

/** Somebody's own storage of contexts, which is asked after each change. */
final class WatchedStorage implements ContextStorage {
  private final ContextStorage storage;

  WatchedStorage(ContextStorage storage) {
    this.storage = storage;
  }

  @Override
  public Scope attach(Context context) {
    Scope scope = storage.attach(context);
    changed();
    return () -> {
      scope.close();
      changed();
    };
  }

  private void changed() {
    if (EbpfThread.isOn()) {
      EbpfThread thread = EbpfThread.current();
      if (thread.isListening()) {
        Context now = storage.current();
        thread.goBack(now, now == null ? SpanIds.NONE : ContextWriter.ids(thread, now));
      }
    }
  }

  @Override
  public @Nullable Context current() {
    return storage.current();
  }

  @Override
  public Context root() {
    return storage.root();
  }
}
