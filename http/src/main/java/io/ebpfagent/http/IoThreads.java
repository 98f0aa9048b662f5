// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.eclipse.jetty.util.thread.ThreadPool;

/**
 * Jetty's own threads: one accepts connections, one waits for requests, and one does the remaining
 * work. None of that work may wait for a client.
 */
final class IoThreads implements ThreadPool, AutoCloseable {
  private static final int THREADS = 3;

  private final ExecutorService executor;

  IoThreads(NamedThreads threads) {
    executor = Executors.newFixedThreadPool(THREADS, threads);
  }

  @Override
  public void execute(Runnable task) {
    executor.execute(task);
  }

  @Override
  public void join() {
    throw new UnsupportedOperationException("nobody waits for the threads");
  }

  @Override
  public int getThreads() {
    return THREADS;
  }

  @Override
  public int getIdleThreads() {
    return 0;
  }

  @Override
  public boolean isLowOnThreads() {
    return false;
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
