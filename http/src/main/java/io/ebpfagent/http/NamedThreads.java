// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes daemon threads with the host's factory, and gives them recognizable names. */
final class NamedThreads implements ThreadFactory {
  private final ThreadFactory factory;
  private final String name;
  private final AtomicInteger made = new AtomicInteger();

  NamedThreads(ThreadFactory factory, String purpose) {
    this.factory = factory;
    this.name = "ebpf-http-" + purpose + "-";
  }

  @Override
  public Thread newThread(Runnable task) {
    Thread thread = factory.newThread(task);
    thread.setName(name + made.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }
}
