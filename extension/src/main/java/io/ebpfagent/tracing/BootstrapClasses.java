// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.util.List;

/**
 * Puts classes where advice in the JDK's own finds them: into the bootstrap loader, beside one of
 * the agent's. That takes no file, and so no place for one.
 */
final class BootstrapClasses {
  private static final String PACKAGE = "io.opentelemetry.javaagent.bootstrap.";

  /** Each behind those that it extends or is nested in. */
  private static final List<String> CLASSES =
      List.of("EbpfMemory", "EbpfRecords", "EbpfThread$SpanIds", "EbpfThread");

  private BootstrapClasses() {}

  /** Before any class is met that names one of them: the extension's loader would find its own. */
  static void define() throws IOException, IllegalAccessException, ClassNotFoundException {
    Class<?> neighbour = Class.forName(PACKAGE + "InstrumentationHolder", false, null);
    MethodHandles.Lookup beside = MethodHandles.privateLookupIn(neighbour, MethodHandles.lookup());
    for (String name : CLASSES) {
      String file = "/" + (PACKAGE + name).replace('.', '/') + ".class";
      try (InputStream in = BootstrapClasses.class.getResourceAsStream(file)) {
        if (in == null) {
          throw new IOException("the jar has no " + file);
        }
        beside.defineClass(in.readAllBytes());
      }
    }
    Class<?> found =
        Class.forName(PACKAGE + "EbpfThread", false, BootstrapClasses.class.getClassLoader());
    if (found.getClassLoader() != null) {
      throw new IllegalStateException("the bootstrap loader's classes are hidden by ours");
    }
  }
}
