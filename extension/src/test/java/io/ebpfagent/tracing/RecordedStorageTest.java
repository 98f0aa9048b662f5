// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import io.opentelemetry.javaagent.bootstrap.EbpfMemory;
import io.opentelemetry.javaagent.bootstrap.EbpfThread;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Without the javaagent: a thread's record is wherever it is given one. */
final class RecordedStorageTest {
  private static final int BYTES = 64;
  private static final int RECORDS = 1_000;
  private static final long SPAN_ID = 16;
  private static final long VALID = 24;

  private static final MemorySegment MEMORY = Arena.global().allocate(RECORDS * BYTES, BYTES);
  private static final Map<Long, Long> GIVEN = new ConcurrentHashMap<>();
  private static final AtomicInteger NEXT = new AtomicInteger(1);

  private final RecordedStorage storage = new RecordedStorage();

  @BeforeAll
  static void handInMemory() {
    // Agents attach contexts from their first moments on.
    Scope early = new RecordedStorage().attach(in(1));
    assertThat(recorded()).isZero();
    early.close();
    EbpfThread.current().forget();
    EbpfMemory.handIn(MEMORY);
    EbpfThread.switchOn(
        thread ->
            GIVEN.computeIfAbsent(thread.threadId(), id -> (long) NEXT.getAndIncrement() * BYTES));
  }

  private static Context in(int span) {
    return RecordedContext.ROOT.with(Span.wrap(spanContext(span)));
  }

  private static SpanContext spanContext(int span) {
    return SpanContext.create(
        "0123456789abcdef0123456789abcdef",
        "%016x".formatted(span),
        TraceFlags.getSampled(),
        TraceState.getDefault());
  }

  /** A span of the application's own making. */
  private static Span span(Supplier<SpanContext> context) {
    return (Span)
        Proxy.newProxyInstance(
            Span.class.getClassLoader(),
            new Class<?>[] {Span.class},
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "getSpanContext" -> context.get();
                  case "storeInContext" -> InvocationHandler.invokeDefault(self, method, arguments);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** The span that the current thread's record says; 0 for none. */
  private static long recorded() {
    Long at = GIVEN.get(Thread.currentThread().threadId());
    if (at == null || MEMORY.get(ValueLayout.JAVA_BYTE, at + VALID) == 0) {
      return 0;
    }
    return Long.reverseBytes(MEMORY.get(ValueLayout.JAVA_LONG, at + SPAN_ID));
  }

  private static void inThread(long stackBytes, Runnable what) throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread = new Thread(null, what, "recorded", stackBytes);
    thread.setUncaughtExceptionHandler((its, thrown) -> failure.set(thrown));
    thread.start();
    thread.join();
    assertThat(failure.get()).isNull();
  }

  @Test
  void theRecordFollowsScopes() throws Exception {
    inThread(
        0,
        () -> {
          Scope one = storage.attach(in(1));
          assertThat(recorded()).isEqualTo(1);
          Scope two = storage.attach(in(2));
          assertThat(recorded()).isEqualTo(2);
          one.close(); // not the one on top
          assertThat(recorded()).isEqualTo(2);
          two.close();
          assertThat(recorded()).isEqualTo(1);
          two.close();
          assertThat(recorded()).isEqualTo(1);
          try (Scope none = storage.attach(Context.root())) {
            assertThat(none).isNotNull();
            assertThat(recorded()).isZero();
          }
          assertThat(recorded()).isEqualTo(1);
          one.close();
          assertThat(recorded()).isZero();
          assertThat(storage.current()).isNull();
        });
  }

  @Test
  void theRecordFollowsContextsThatHaveAnotherRoot() throws Exception {
    inThread(
        0,
        () -> {
          Context foreign = Context.root().with(Span.wrap(spanContext(8)));
          assertThat(foreign).isNotInstanceOf(RecordedContext.class);
          Scope one = storage.attach(in(1));
          try (Scope other = storage.attach(foreign)) {
            assertThat(other).isNotNull();
            assertThat(recorded()).isEqualTo(8);
            assertThat(storage.current()).isSameAs(foreign);
          }
          assertThat(recorded()).isEqualTo(1);
          one.close();
          assertThat(recorded()).isZero();
        });
  }

  @Test
  void aSpanIsReadOnceForAllContextsThatAreInIt() throws Exception {
    AtomicInteger reads = new AtomicInteger();
    Context context =
        storage
            .root()
            .with(
                span(
                    () -> {
                      reads.incrementAndGet();
                      return spanContext(9);
                    }));
    ContextKey<String> key = ContextKey.named("key");
    inThread(
        0,
        () -> {
          for (int i = 0; i < 3; i++) {
            Context more = context.with(key, "value " + i);
            assertThat(more.get(key)).isEqualTo("value " + i);
            for (Context each : List.of(context, more)) {
              try (Scope scope = storage.attach(each)) {
                assertThat(scope).isNotNull();
                assertThat(recorded()).isEqualTo(9);
              }
            }
            try (Scope inner = storage.attach(context.with(Span.wrap(spanContext(10))))) {
              assertThat(inner).isNotNull();
              assertThat(recorded()).isEqualTo(10);
            }
            try (Scope none = storage.attach(context.with(Span.getInvalid()))) {
              assertThat(none).isNotNull();
              assertThat(recorded()).isZero();
            }
          }
        });
    assertThat(reads).hasValue(1);
  }

  @Test
  void aSpanThatThrewIsAskedAgain() throws Exception {
    AtomicInteger reads = new AtomicInteger();
    Context context =
        storage
            .root()
            .with(
                span(
                    () -> {
                      if (reads.getAndIncrement() == 0) {
                        throw new IllegalStateException("not yet");
                      }
                      return spanContext(11);
                    }));
    inThread(
        0,
        () -> {
          Scope one = storage.attach(context);
          assertThat(storage.current()).isSameAs(context);
          assertThat(recorded()).isZero();
          one.close();
          Scope two = storage.attach(context);
          assertThat(recorded()).isEqualTo(11);
          two.close();
        });
    assertThat(reads).hasValue(2);
  }

  @Test
  void aScopeThatAnotherThreadClosesLeavesThatThreadsRecordRight() throws Exception {
    AtomicReference<Scope> inner = new AtomicReference<>();
    Context one = in(3);
    Context two = in(4);
    inThread(
        0,
        () -> {
          storage.attach(one);
          inner.set(storage.attach(two));
        });
    inThread(
        0,
        () -> {
          Scope here = storage.attach(two);
          assertThat(recorded()).isEqualTo(4);
          inner.get().close();
          assertThat(recorded()).isEqualTo(3);
          assertThat(storage.current()).isSameAs(one);
          here.close(); // no longer the current one
          assertThat(recorded()).isEqualTo(3);
        });
  }

  /** As threads of the common pool lose their thread-locals after each task. */
  @Test
  void aScopeThatIsClosedAfterThreadLocalsWereErasedClearsTheRecord() throws Exception {
    Map<Long, Scope> leaked = new ConcurrentHashMap<>();
    AtomicInteger erased = new AtomicInteger();
    AtomicInteger stale = new AtomicInteger();
    for (int i = 0; i < 1_000 && erased.get() == 0; i++) {
      int span = 10 + i;
      ForkJoinPool.commonPool()
          .submit(
              () -> {
                long id = Thread.currentThread().threadId();
                Scope before = leaked.get(id);
                if (before == null) {
                  leaked.put(id, storage.attach(in(span)));
                } else if (storage.current() == null) {
                  before.close();
                  erased.incrementAndGet();
                  stale.addAndGet(recorded() == 0 ? 0 : 1);
                }
              })
          .get();
    }
    assertThat(erased.get()).isEqualTo(1);
    assertThat(stale.get()).isZero();
  }

  @Test
  void anOverflowOfTheStackLeavesNothingBehind() throws Exception {
    AtomicInteger overflows = new AtomicInteger();
    for (int i = 0; i < 40; i++) {
      int more = i;
      inThread(
          (128L << 10) + more * 512L,
          () -> {
            for (int round = 0; round < 3; round++) {
              try {
                deeper(more + round);
              } catch (StackOverflowError e) {
                overflows.incrementAndGet();
              }
              assertThat(storage.current()).isNull();
              assertThat(recorded()).isZero();
            }
            try (Scope later = storage.attach(in(7))) {
              assertThat(later).isNotNull();
              assertThat(recorded()).isEqualTo(7);
            }
          });
    }
    assertThat(overflows.get()).isEqualTo(120);
  }

  private int deeper(int depth) {
    Scope scope = storage.attach(in(1 + depth % 5));
    try {
      return deeper(depth + 1) + 1;
    } finally {
      scope.close();
    }
  }
}
