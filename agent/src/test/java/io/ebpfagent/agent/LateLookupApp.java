// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.util.ServiceLoader;

/** An application that, once its input ends, asks the agent's class loader for a service. */
final class LateLookupApp {
  private static final String SERVICE = "org.slf4j.spi.SLF4JServiceProvider";

  private LateLookupApp() {}

  public static void main(String[] arguments) throws Exception {
    System.out.println("up");
    while (System.in.read() >= 0) {
      // Waits.
    }
    ClassLoader agent =
        Thread.getAllStackTraces().keySet().stream()
            .map(Thread::getContextClassLoader)
            .filter(loader -> loader != null && loader.getClass().getName().endsWith(".EbpfAgent"))
            .findAny()
            .orElseThrow();
    for (Object provider : ServiceLoader.load(agent.loadClass(SERVICE), agent)) {
      System.out.println(provider.getClass().getName());
    }
    System.out.println("down");
  }
}
