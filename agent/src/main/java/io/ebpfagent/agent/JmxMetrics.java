// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.log.Log;
import io.prometheus.jmx.JmxCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The host's MBeans as metrics. MBeans are the host's code, which may take its time: a scrape waits
 * for them no longer than it can, and the next one takes what the last one waited for.
 */
final class JmxMetrics implements AutoCloseable {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final ExecutorService executor;
  private final Log log;
  private final LongAdder timeouts = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private String said = "";

  // Guarded by this.
  private @Nullable Future<MetricSnapshots> running;

  JmxMetrics(JmxCollector collector, Log log) {
    this.log = log;
    executor = Executors.newSingleThreadExecutor(task -> thread(task, log));
    JmxCollector unused = collector.register(registry);
  }

  /** MBeans are the host's code, and find its classes as in most of its threads. */
  private static Thread thread(Runnable task, Log log) {
    Thread thread = new AgentThreads("ebpf-jmx", log).newThread(task);
    thread.setContextClassLoader(ClassLoader.getSystemClassLoader());
    return thread;
  }

  /** What the MBeans say, or nothing where they don't say it in time. */
  List<MetricSnapshot> collect(Duration most) throws InterruptedException {
    try {
      return ask().get(most.toNanos(), TimeUnit.NANOSECONDS).stream().toList();
    } catch (TimeoutException e) {
      timeouts.increment();
      say(
          "MBeans are left out of scrapes that would wait for them, %d ms"
              .formatted(most.toMillis()));
    } catch (ExecutionException e) {
      failures.increment();
      say("MBeans are left out: " + e.getCause());
    } catch (RejectedExecutionException e) {
      // Others are asked instead, by the scrape after this.
    }
    return List.of();
  }

  private synchronized Future<MetricSnapshots> ask() {
    Future<MetricSnapshots> asked = running;
    if (asked == null || asked.isDone()) {
      asked = executor.submit(() -> registry.scrape());
      running = asked;
    }
    return asked;
  }

  private synchronized void say(String line) {
    if (!line.equals(said)) {
      said = line;
      log.warning(line);
    }
  }

  /** How many scrapes went without. */
  long timeouts() {
    return timeouts.sum();
  }

  /** How often asking failed. */
  long failures() {
    return failures.sum();
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
