// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

/**
 * Runs steps of Jetty's set-up, and restores what they change in the JVM. Meanwhile the thread's
 * context class loader finds no classes: otherwise Jetty would look for parts of itself in the
 * host's classes, and start the JVM's management in order to report its uptime.
 */
final class JettySetup {
  /** A property that Jetty sets; a Jetty of the host may have set it before. */
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
