// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.log.Log;
import io.prometheus.jmx.JmxCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
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
import javax.management.MBeanServer;
import org.jspecify.annotations.Nullable;

/**
 * The host's MBeans as metrics. MBeans are the host's code, which may take its time: a scrape waits
 * for them no longer than it can. Where that isn't enough, the next scrape has what this one waited
 * for.
 */
final class JmxMetrics implements AutoCloseable {
  /** What is older is no answer to a scrape. */
  private static final long LONGEST_AGE_NANOS = TimeUnit.MINUTES.toNanos(2);

  /** All that the MBeans said, and when they had said it. */
  private record Answer(List<MetricSnapshot> metrics, long at) {}

  /** The first, second … time that they were asked. */
  private record Ask(int number, Future<Answer> answer) {}

  private final MBeanServer server;
  private final ExecutorService executor;
  private final Log log;
  private final LongAdder timeouts = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private String said = "";

  // Of the one thread that asks.
  private JmxRules rules;
  private List<String> names = List.of();
  private @Nullable PrometheusRegistry registry;
  private boolean answered;

  // Guarded by this.
  private @Nullable Ask asked;
  private boolean taken;

  JmxMetrics(JmxRules rules, MBeanServer server, Log log) {
    this.rules = rules;
    this.server = server;
    this.log = log;
    executor = Executors.newSingleThreadExecutor(task -> thread(task, log));
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
      Ask current = ask(most.dividedBy(MetricsPage.PAUSES));
      Answer answer = current.answer.get(most.toNanos(), TimeUnit.NANOSECONDS);
      take(current.number);
      return answer.metrics;
    } catch (TimeoutException e) {
      timeouts.increment();
      say("MBeans are slow: a scrape that can't wait for them has none, or what they said before");
    } catch (ExecutionException e) {
      failures.increment();
      say("MBeans are left out: " + e.getCause());
    } catch (RejectedExecutionException e) {
      // Others are asked instead, by the scrape after this.
    }
    return List.of();
  }

  /** An answer that is under way; or one that nobody waited for to the end, and then asks again. */
  private synchronized Ask ask(Duration pauses) {
    Ask last = asked;
    if (last != null && !last.answer.isDone()) {
      return last;
    }
    Future<Answer> answer = executor.submit(() -> answer(pauses));
    Ask next = new Ask(last == null ? 1 : last.number + 1, answer);
    boolean late = last != null && !taken && isFresh(last.answer);
    asked = next;
    taken = false;
    return late && last != null ? last : next;
  }

  /** The collector is made anew when there are other domains; what it has cached is lost then. */
  private Answer answer(Duration pauses) {
    PrometheusRegistry current = registry;
    List<String> now = rules.names(server);
    if (current == null || (answered && !now.equals(names))) {
      current = new PrometheusRegistry();
      JmxCollector unused = rules.collector(now).register(current);
      registry = current;
      names = now;
    }
    List<MetricSnapshot> metrics =
        PausingConnectorProvider.ask(server, new Pauses(pauses), current::scrape).stream().toList();
    if (!answered) {
      rules = rules.started();
      answered = true;
    }
    return new Answer(metrics, System.nanoTime());
  }

  private static boolean isFresh(Future<Answer> done) {
    try {
      return System.nanoTime() - done.get().at < LONGEST_AGE_NANOS;
    } catch (ExecutionException | InterruptedException e) {
      return false;
    }
  }

  private synchronized void take(int number) {
    if (asked != null && asked.number == number) {
      taken = true;
    }
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
