// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.extension;

import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.takesArguments;

import io.opentelemetry.javaagent.extension.instrumentation.InstrumentationModule;
import io.opentelemetry.javaagent.extension.instrumentation.TypeInstrumentation;
import io.opentelemetry.javaagent.extension.instrumentation.TypeTransformer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.matcher.ElementMatcher;

/**
 * Hooks in classes of the JDK: where a virtual thread gets and leaves the thread that carries it,
 * and where a thread loses its thread locals. The advice is of a newer Java and only named here;
 * the agent copies its instructions and loads none.
 */
public final class ThreadHooks extends InstrumentationModule {
  private static final String ADVICE = "io.ebpfagent.tracing.";

  /** For the service loader. */
  public ThreadHooks() {
    super("ebpf");
  }

  /**
   * Advice is copied into the methods: a virtual thread can't call out to it in the middle of a
   * mount. Older agents ask.
   */
  public boolean isIndyModule() {
    return false;
  }

  /** Whether the agent's instrumentations are on by default makes no difference to these. */
  @Override
  public boolean defaultEnabled() {
    return true;
  }

  @Override
  public List<TypeInstrumentation> typeInstrumentations() {
    Tracing tracing = Gate.tracing();
    if (tracing == null) {
      return Collections.emptyList();
    }
    tracing.hook();
    return Arrays.asList(
        new Hook("java.lang.VirtualThread", "mount", ADVICE + "MountAdvice"),
        new Hook("java.lang.VirtualThread", "unmount", ADVICE + "UnmountAdvice"),
        new Hook(
            "java.util.concurrent.ForkJoinWorkerThread",
            "resetThreadLocals",
            ADVICE + "ForgetAdvice"));
  }

  /** A method without arguments, and the advice for it. */
  private static final class Hook implements TypeInstrumentation {
    private final String type;
    private final String method;
    private final String advice;

    Hook(String type, String method, String advice) {
      this.type = type;
      this.method = method;
      this.advice = advice;
    }

    @Override
    public ElementMatcher<TypeDescription> typeMatcher() {
      return named(type);
    }

    @Override
    public void transform(TypeTransformer transformer) {
      transformer.applyAdviceToMethod(named(method).and(takesArguments(0)), advice);
    }
  }
}
