// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.javaagent.bootstrap.EbpfThread.SpanIds;
import java.util.Arrays;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * A context that remembers the ids of its span, as do all that are made of it and are in the same
 * span: they are read once, not each time that one of them is attached. The agent attaches the
 * context of one span several times, most often in another form.
 */
final class RecordedContext implements Context {
  static final Context ROOT = new RecordedContext(new Object[0], SpanIds.NONE);

  private static final ContextKey<?> SPAN = spanKey();

  /** Keys, each followed by its value. */
  private final Object[] entries;

  private final SpanIds ids;

  private RecordedContext(Object[] entries, SpanIds ids) {
    this.entries = entries;
    this.ids = ids;
  }

  /** The interface's own is hidden, but a span says it to any context. */
  private static ContextKey<?> spanKey() {
    ContextKey<?>[] key = new ContextKey<?>[1];
    Span.getInvalid()
        .storeInContext(
            new Context() {
              @Override
              public <V> @Nullable V get(ContextKey<V> asked) {
                return null;
              }

              @Override
              public <V> Context with(ContextKey<V> given, V value) {
                key[0] = given;
                return this;
              }
            });
    return key[0];
  }

  /** The ids of its span, which maybe nobody has read yet. */
  SpanIds ids() {
    return ids;
  }

  @Override
  @SuppressWarnings("unchecked") // with() put the value of the key's type there
  public <V> @Nullable V get(ContextKey<V> key) {
    int at = indexOf(key);
    return at < 0 ? null : (V) entries[at + 1];
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // of the same value, not of an equal one
  public <V> Context with(ContextKey<V> key, V value) {
    int at = indexOf(key);
    if (at >= 0 && entries[at + 1] == value) {
      return this;
    }
    Object[] with = Arrays.copyOf(entries, at < 0 ? entries.length + 2 : entries.length);
    if (at < 0) {
      at = entries.length;
      with[at] = key;
    }
    with[at + 1] = value;
    return new RecordedContext(with, key == SPAN ? new SpanIds() : ids);
  }

  @SuppressWarnings("ReferenceEquality") // a key equals itself alone
  private int indexOf(ContextKey<?> key) {
    for (int i = 0; i < entries.length; i += 2) {
      if (entries[i] == key) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ", "{", "}");
    for (int i = 0; i < entries.length; i += 2) {
      text.add(entries[i] + "=" + entries[i + 1]);
    }
    return text.toString();
  }
}
