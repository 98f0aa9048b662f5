// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * An agent that calls another's {@code premain}, and says how long that takes. Without an argument
 * it does nothing, and shows what any agent costs.
 */
public final class PremainTimer {
  private PremainTimer() {}

  /**
   * Called by the JVM.
   *
   * @param other the other agent's class, which is on the class path; empty for none
   */
  public static void premain(String other) throws ReflectiveOperationException, IOException {
    if (other.isEmpty()) {
      return;
    }
    // The JVM loads the class before it calls it, whatever is in it.
    Class<?> agent = Class.forName(other, false, ClassLoader.getSystemClassLoader());
    Method premain = agent.getMethod("premain", String.class);
    // What the JDK does when it first reads a file and calls a method is not the agent's.
    PremainTimer.class.getMethod("premain", String.class).invoke(null, "");
    cpuNanos();
    long busy = cpuNanos();
    long begin = System.nanoTime();
    premain.invoke(null, "");
    long took = System.nanoTime() - begin;
    System.out.println("premain " + took + " " + (cpuNanos() - busy));
  }

  /** CPU time of this thread, which others on the machine don't make longer. */
  private static long cpuNanos() throws IOException {
    // The kernel adds up a thread's time when it leaves the CPU, or at a tick of four milliseconds.
    LockSupport.parkNanos(1);
    String stat = Files.readString(Path.of("/proc/thread-self/schedstat"));
    return Long.parseLong(stat.substring(0, stat.indexOf(' ')));
  }
}
