// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.ebpfagent.context.JvmThreads;
import io.ebpfagent.engine.Libjvm;
import io.ebpfagent.log.Log;
import java.lang.instrument.Instrumentation;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds out where the JVM keeps what its threads wait for. A thread's address is in a field of
 * {@code java.lang.Thread}, which the javaagent may open to us, as it does to itself.
 */
final class OpenThreads {
  private OpenThreads() {}

  /** Null where that can't be: then a wait for a lock isn't told from others. */
  static @Nullable JvmThreads read(Log log) {
    try {
      Optional<Libjvm> libjvm = Libjvm.current(log);
      if (libjvm.isEmpty()) {
        return null;
      }
      Instrumentation instrumentation =
          (Instrumentation)
              Class.forName(
                      "io.opentelemetry.javaagent.bootstrap.InstrumentationHolder", false, null)
                  .getMethod("getInstrumentation")
                  .invoke(null);
      instrumentation.redefineModule(
          Thread.class.getModule(),
          Set.of(),
          Map.of(),
          Map.of(Thread.class.getPackageName(), Set.of(JvmThreads.class.getModule())),
          Set.of(),
          Map.of());
      return JvmThreads.read(libjvm.get().path());
    } catch (ReflectiveOperationException | RuntimeException | UnsatisfiedLinkError e) {
      log.debug("locks, sleeps and parks are not told apart: " + e);
      return null;
    }
  }
}
