// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.log.Log;
import java.util.concurrent.ThreadFactory;

/** Makes threads that the host does not notice: daemons, with nothing of its in them. */
record AgentThreads(String name, Log log) implements ThreadFactory {
  @Override
  public Thread newThread(Runnable task) {
    Thread thread = new Thread(null, task, name, 0, false);
    thread.setDaemon(true);
    // Not the host's, and not none: libraries ask it for their settings.
    thread.setContextClassLoader(AgentThreads.class.getClassLoader());
    thread.setUncaughtExceptionHandler(
        (ended, e) -> log.log(Log.Level.ERROR, "thread " + ended.getName() + " ended", e));
    return thread;
  }
}
