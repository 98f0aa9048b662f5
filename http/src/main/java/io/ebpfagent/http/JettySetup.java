// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

/**
 * Sets Jetty up so that the JVM is as it was before. Meanwhile the thread's context class loader
 * finds nothing: else Jetty would look into the host's classes for parts of itself, and start the
 * JVM's management to say how long it runs.
 */
final class JettySetup {
  /** Jetty sets it, and the host may have a Jetty of its own that did. */
  private static final String PROPERTY = "jetty.git.hash";

  private JettySetup() {}

  @FunctionalInterface
  interface Step<T, E extends Exception> {
    T take() throws E;
  }

  static <T, E extends Exception> T take(Step<T, E> step) throws E {
    Thread thread = Thread.currentThread();
    ClassLoader context = thread.getContextClassLoader();
    String property = System.getProperty(PROPERTY);
    thread.setContextClassLoader(new Nothing());
    try {
      return step.take();
    } finally {
      thread.setContextClassLoader(context);
      if (property == null) {
        System.clearProperty(PROPERTY);
      } else {
        System.setProperty(PROPERTY, property);
      }
    }
  }

  private static final class Nothing extends ClassLoader {
    Nothing() {
      super("ebpf-http-nothing", null);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      throw new ClassNotFoundException(name);
    }
  }
}
