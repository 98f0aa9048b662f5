// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What a pair of attach and close costs an application, and what a pair of unmount and mount costs
 * a virtual thread that is in a span. It means something with a javaagent, by comparison.
 */
@State(org.openjdk.jmh.annotations.Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ContextBenchmark {
  private static final int FEW = 16;
  private static final int MANY = 1_024;
  static final int FRESH = 256;
  private static final int YIELDS = 1_000;
  private static final Tracer TRACER = GlobalOpenTelemetry.getTracer("benchmark");

  private final Context[] siblings = new Context[FEW];
  private final Context[] traces = new Context[MANY];
  private int next;

  /** Made by JMH. */
  public ContextBenchmark() {
    Context parent = Context.root().with(TRACER.spanBuilder("parent").setNoParent().startSpan());
    IntStream.range(0, FEW).forEach(i -> siblings[i] = below(parent));
    IntStream.range(0, MANY).forEach(i -> traces[i] = below(Context.root()));
  }

  /** Contexts of spans that are there. */
  @State(org.openjdk.jmh.annotations.Scope.Thread)
  public static class Fresh {
    private final Span[] spans = new Span[FEW];
    private final Context[] contexts = new Context[FRESH];

    /** Made by JMH. */
    public Fresh() {
      Arrays.setAll(spans, i -> Span.fromContext(below(Context.root())));
    }

    /** Made anew, and not timed: so many that the clock's own time doesn't show. */
    @Setup(Level.Invocation)
    public void renew() {
      Arrays.setAll(contexts, i -> Context.root().with(spans[i % FEW]));
    }
  }

  private static Context below(Context parent) {
    Span span = TRACER.spanBuilder("span").setParent(parent).startSpan();
    return parent.with(span);
  }

  private static Scope pair(Context context) {
    try (Scope scope = context.makeCurrent()) {
      return scope;
    }
  }

  /** The same span again and again. */
  @Benchmark
  public Scope sameSpan() {
    return pair(traces[0]);
  }

  /** Spans of one trace. */
  @Benchmark
  public Scope siblings() {
    return pair(siblings[next++ & FEW - 1]);
  }

  /** Another trace each time, in a context that was never attached before. */
  @Benchmark
  @OperationsPerInvocation(FRESH)
  public Scope newTrace(Fresh fresh) {
    Scope last = Scope.noop();
    for (Context context : fresh.contexts) {
      last = pair(context);
    }
    return last;
  }

  /** Another trace each time, of so many that they aren't in the first caches. */
  @Benchmark
  public Scope manyTraces() {
    return pair(traces[next++ & MANY - 1]);
  }

  /** A virtual thread leaves its carrier and comes back. */
  @Benchmark
  @OperationsPerInvocation(YIELDS)
  public void mount() throws InterruptedException {
    Thread.ofVirtual().start(this::leaveOften).join();
  }

  @SuppressWarnings("ThreadPriorityCheck") // it is what is measured
  private void leaveOften() {
    try (Scope scope = traces[0].makeCurrent()) {
      assert scope != null;
      for (int i = 0; i < YIELDS; i++) {
        Thread.yield();
      }
    }
  }
}
