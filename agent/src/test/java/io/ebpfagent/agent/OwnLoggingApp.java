// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.lang.management.ManagementFactory;
import java.util.logging.LogManager;
import javax.management.MBeanServer;
import javax.management.MBeanServerBuilder;
import javax.management.MBeanServerDelegate;
import javax.management.ObjectName;

/**
 * An application that sets up its own logging and its own MBean server, as servers do: late, and by
 * properties that only count until somebody else was first.
 */
final class OwnLoggingApp {
  private OwnLoggingApp() {}

  public static final class OwnLogManager extends LogManager {}

  public static final class OwnBuilder extends MBeanServerBuilder {
    @Override
    public MBeanServer newMBeanServer(
        String domain, MBeanServer outer, MBeanServerDelegate delegate) {
      System.out.println("own server");
      return super.newMBeanServer(domain, outer, delegate);
    }
  }

  public static void main(String[] arguments) throws Exception {
    // So that the agent has its time to be first.
    int first = System.in.read();
    System.setProperty("java.util.logging.manager", OwnLogManager.class.getName());
    System.setProperty("javax.management.builder.initial", OwnBuilder.class.getName());
    System.out.println("own logging: " + (LogManager.getLogManager() instanceof OwnLogManager));
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName agent = new ObjectName("ebpf:type=Exporter");
    while (!server.isRegistered(agent) && first >= 0) {
      Thread.onSpinWait();
    }
    System.out.println("up");
    while (System.in.read() >= 0) {
      // Waits.
    }
    System.out.println("down");
  }
}
