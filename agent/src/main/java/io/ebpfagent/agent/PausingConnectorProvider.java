// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.MalformedURLException;
import java.util.Map;
import java.util.function.Supplier;
import javax.management.AttributeList;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorProvider;
import javax.management.remote.JMXServiceURL;
import org.jspecify.annotations.Nullable;

/**
 * Lets the JMX collector pause between MBeans. It asks all of them in one go; but where its rules
 * have a JMX service URL, it asks for a connection, which here is one to the same JVM's MBeans.
 */
public final class PausingConnectorProvider implements JMXConnectorProvider {
  private static final String PROTOCOL = "ebpf-agent";

  /** The URL for the rules. Nobody connects to its address. */
  static final String URL = "service:jmx:" + PROTOCOL + "://127.0.0.1";

  /** What a thread asks, and its context class loader otherwise. */
  private record Asked(MBeanServer server, Runnable pause, @Nullable ClassLoader loader) {}

  private static final ThreadLocal<@Nullable Asked> ASKED = new ThreadLocal<>();

  /** For the service loader. */
  public PausingConnectorProvider() {}

  /**
   * Has a collector with that URL ask a server's MBeans.
   *
   * @param pause run before each of its questions
   */
  static <T> T ask(MBeanServer server, Runnable pause, Supplier<T> collector) {
    Thread thread = Thread.currentThread();
    ClassLoader loader = thread.getContextClassLoader();
    ASKED.set(new Asked(server, pause, loader));
    // By it the provider is found; MBeans shall see the thread's own.
    thread.setContextClassLoader(PausingConnectorProvider.class.getClassLoader());
    try {
      return collector.get();
    } finally {
      thread.setContextClassLoader(loader);
      ASKED.remove();
    }
  }

  @Override
  public JMXConnector newJMXConnector(JMXServiceURL url, Map<String, ?> environment)
      throws MalformedURLException {
    Asked asked = ASKED.get();
    if (asked == null || !url.getProtocol().equals(PROTOCOL)) {
      throw new MalformedURLException("not the agent's: " + url);
    }
    Thread.currentThread().setContextClassLoader(asked.loader);
    MBeanServerConnection connection =
        proxy(
            MBeanServerConnection.class,
            (self, method, arguments) -> {
              asked.pause.run();
              if (method.getName().equals("getAttributes")
                  && ((ObjectName) arguments[0]).getDomain().equals("java.lang")) {
                return oneByOne(asked, (ObjectName) arguments[0], (String[]) arguments[1]);
              }
              try {
                return method.invoke(asked.server, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
    return proxy(
        JMXConnector.class,
        (self, method, arguments) ->
            switch (method.getName()) {
              case "getMBeanServerConnection" -> connection;
              case "connect", "close" -> null;
              // The collector needs no more of a connector.
              default -> throw new UnsupportedOperationException(method.getName());
            });
  }

  /**
   * The JVM looks for some of its own in files, which takes it 2 ms for all. Others' MBeans may
   * have reasons to be asked for all attributes at once.
   */
  private static AttributeList oneByOne(Asked asked, ObjectName name, String[] attributes)
      throws JMException {
    AttributeList all = new AttributeList();
    for (String attribute : attributes) {
      asked.pause.run();
      all.addAll(asked.server.getAttributes(name, new String[] {attribute}));
    }
    return all;
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    ClassLoader loader = PausingConnectorProvider.class.getClassLoader();
    return type.cast(Proxy.newProxyInstance(loader, new Class<?>[] {type}, handler));
  }
}
