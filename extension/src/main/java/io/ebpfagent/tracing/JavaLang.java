// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import java.lang.instrument.Instrumentation;
import java.util.Map;
import java.util.Set;

/** The package {@code java.lang}, which the javaagent may open to us, as it does to itself. */
final class JavaLang {
  private JavaLang() {}

  /**
   * @throws ReflectiveOperationException where there is no javaagent
   */
  static void open() throws ReflectiveOperationException {
    Instrumentation instrumentation =
        (Instrumentation)
            Class.forName("io.opentelemetry.javaagent.bootstrap.InstrumentationHolder", false, null)
                .getMethod("getInstrumentation")
                .invoke(null);
    instrumentation.redefineModule(
        Object.class.getModule(),
        Set.of(),
        Map.of(),
        Map.of(Object.class.getPackageName(), Set.of(JavaLang.class.getModule())),
        Set.of(),
        Map.of());
  }
}
