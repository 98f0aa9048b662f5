// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import org.jspecify.annotations.Nullable;

/**
 * While Jetty is set up: what it would change in the whole JVM is as before when this closes. The
 * thread's context class loader finds nothing meanwhile. Else Jetty would look into the host's
 * classes for parts of itself, and start the JVM's management to say how long it runs.
 */
final class JettySetup implements AutoCloseable {
  /** Jetty sets it, and the host may have a Jetty of its own that did. */
  private static final String PROPERTY = "jetty.git.hash";

  private final @Nullable String property = System.getProperty(PROPERTY);
  private final ClassLoader context = Thread.currentThread().getContextClassLoader();

  JettySetup() {
    Thread.currentThread().setContextClassLoader(new Nothing());
  }

  @Override
  public void close() {
    Thread.currentThread().setContextClassLoader(context);
    if (property == null) {
      System.clearProperty(PROPERTY);
    } else {
      System.setProperty(PROPERTY, property);
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
