// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.lang.management.ManagementFactory;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;

/**
 * Somebody's application: it waits for the end of its input, and then says what it finds changed in
 * its JVM. Nothing of the tests' libraries is in it.
 */
final class HostApp {
  /** Set for an application that has no MBean server of its own, nor asks for the platform's. */
  static final String NO_MBEANS = "host.noMBeans";

  private HostApp() {}

  public static void main(String[] arguments) throws Exception {
    Properties before = (Properties) System.getProperties().clone();
    // Most applications have MBeans. The agent waits some seconds for those that may have none.
    if (!Boolean.getBoolean(NO_MBEANS)) {
      ManagementFactory.getPlatformMBeanServer();
    }
    System.out.println("up");
    while (System.in.read() >= 0) {
      // Waits.
    }
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      boolean ours = thread.getName().startsWith("ebpf-") && !thread.getName().equals("ebpf-jmx");
      boolean theirs =
          ClassLoader.getSystemClassLoader().equals(thread.getContextClassLoader())
              || !thread.isDaemon();
      if (ours && theirs) {
        System.out.println("a thread with something of the host's: " + thread);
      }
    }
    Set<Object> changed = new TreeSet<>(System.getProperties().keySet());
    changed.removeAll(before.keySet());
    // The JDK's own notes of what it found out.
    changed.removeIf(
        name ->
            name.equals("user.timezone")
                || name.toString().startsWith("com.sun.management.")
                || name.toString().startsWith("java.rmi.")
                || name.toString().startsWith("jdk.jfr.")
                || name.toString().startsWith("sun."));
    if (!changed.isEmpty()) {
      System.out.println("properties: " + changed);
    }
    System.out.println("down");
  }
}
