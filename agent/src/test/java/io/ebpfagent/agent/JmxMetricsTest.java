// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of MBeans that take their time. */
public final class JmxMetricsTest {
  private static final Semaphore MAY_ANSWER = new Semaphore(0);

  /** An MBean that answers when it is let. */
  public interface SlowMBean {
    int getValue();
  }

  public static final class Slow implements SlowMBean {
    @Override
    public int getValue() {
      MAY_ANSWER.acquireUninterruptibly();
      return 7;
    }
  }

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final List<String> lines = new ArrayList<>();
  private ObjectName name;
  private JmxMetrics metrics;

  @BeforeEach
  void register() throws Exception {
    name = new ObjectName("slow:type=Slow");
    server.registerMBean(new Slow(), name);
    metrics =
        new JmxMetrics(
            JmxRules.of("includeObjectNames: ['slow:*']\n", "ebpf"),
            server,
            (level, message, thrown) -> lines.add(message));
  }

  @AfterEach
  void unregister() throws Exception {
    metrics.close();
    MAY_ANSWER.release(1_000);
    server.unregisterMBean(name);
    MAY_ANSWER.drainPermits();
  }

  private static List<String> names(List<MetricSnapshot> snapshots) {
    return snapshots.stream().map(one -> one.getMetadata().getPrometheusName()).toList();
  }

  @Test
  void aScrapeGoesWithoutAndTheNextHasWhatItWaitedFor() throws Exception {
    assertThat(metrics.collect(Duration.ofMillis(20))).isEmpty();
    assertThat(metrics.collect(Duration.ofMillis(20))).isEmpty();
    assertThat(metrics.timeouts()).isEqualTo(2);
    assertThat(lines).hasSize(1);

    MAY_ANSWER.release();
    assertThat(names(metrics.collect(Duration.ofMinutes(1)))).contains("slow_Slow_Value");

    // This one is late, and is what the scrape after it gets at once.
    assertThat(metrics.collect(Duration.ofMillis(20))).isEmpty();
    MAY_ANSWER.release();
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    List<MetricSnapshot> late = List.of();
    while (late.isEmpty()) {
      assertThat(System.nanoTime() - deadline).isNegative();
      late = metrics.collect(Duration.ofMillis(20));
    }
    assertThat(names(late)).contains("slow_Slow_Value");
    assertThat(metrics.failures()).isZero();
  }
}
