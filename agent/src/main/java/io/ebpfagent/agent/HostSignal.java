// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.log.Log;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/**
 * Tells when the host has set up its logging and its MBean server: when there is a server that has
 * the JVM's own MBeans. To ask for the platform's server would be to make it, and before it the
 * host's logging. An application that makes none is given time to set up what it wants.
 */
final class HostSignal {
  private static final long AFTER_MAIN_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long AT_LAST_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final Thread main;
  private final ObjectName runtime;
  private final Log log;
  private final long begin = System.nanoTime();
  private long mainBegan;
  private boolean failed;

  /**
   * @param main the thread that becomes the host's main
   * @param early whether that is yet to begin
   */
  HostSignal(Thread main, boolean early, Log log) {
    this.main = main;
    this.log = log;
    mainBegan = early ? 0 : begin;
    try {
      runtime = new ObjectName(ManagementFactory.RUNTIME_MXBEAN_NAME);
    } catch (MalformedObjectNameException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The host's server, once it may be used. */
  Optional<MBeanServer> server() {
    for (MBeanServer server : MBeanServerFactory.findMBeanServer(null)) {
      if (server.isRegistered(runtime)) {
        return Optional.of(server);
      }
    }
    return isTime(System.nanoTime()) ? Optional.ofNullable(make()) : Optional.empty();
  }

  private boolean isTime(long now) {
    if (mainBegan == 0 && isMain(main.getStackTrace())) {
      mainBegan = now;
    }
    return (mainBegan != 0 && now - mainBegan > AFTER_MAIN_NANOS) || now - begin > AT_LAST_NANOS;
  }

  private static boolean isMain(StackTraceElement[] stack) {
    return stack.length == 0 || stack[stack.length - 1].getMethodName().equals("main");
  }

  private @Nullable MBeanServer make() {
    if (failed) {
      return null;
    }
    try {
      return ManagementFactory.getPlatformMBeanServer();
    } catch (RuntimeException | Error e) {
      // A builder of the host's that can't be loaded, for one.
      failed = true;
      log.warning("no MBeans, the JVM has no MBean server: " + e);
      return null;
    }
  }
}
