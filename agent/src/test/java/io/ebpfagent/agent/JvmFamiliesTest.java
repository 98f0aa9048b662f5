// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class JvmFamiliesTest {
  private static final String DEADLOCKED = "jvm_threads_deadlocked";

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final AtomicInteger pauses = new AtomicInteger();
  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5);
  private final JvmFamilies families = new JvmFamilies(registry, clock::get);

  private AtomicInteger counted(String name) {
    AtomicInteger asked = new AtomicInteger();
    GaugeWithCallback.builder()
        .name(name)
        .callback(gauge -> gauge.call(asked.incrementAndGet()))
        .register(registry);
    return asked;
  }

  private List<String> scrape() {
    return families.scrape(pauses::incrementAndGet).stream()
        .map(MetricSnapshot::getMetadata)
        .map(metadata -> metadata.getPrometheusName())
        .toList();
  }

  @Test
  void looksForDeadlocksNowAndThen() {
    AtomicInteger threads = counted("jvm_threads_current");
    AtomicInteger deadlocks = counted(DEADLOCKED);
    AtomicInteger monitors = counted(DEADLOCKED + "_monitor");
    for (int i = 0; i < 3; i++) {
      assertThat(scrape())
          .containsExactlyInAnyOrder("jvm_threads_current", DEADLOCKED, DEADLOCKED + "_monitor");
    }
    assertThat(threads).hasValue(3);
    assertThat(deadlocks).hasValue(1);
    assertThat(monitors).hasValue(1);
    clock.addAndGet(TimeUnit.SECONDS.toNanos(10));
    assertThat(scrape()).contains(DEADLOCKED);
    assertThat(threads).hasValue(4);
    assertThat(deadlocks).hasValue(2);
    assertThat(monitors).hasValue(2);
  }

  @Test
  void pausesBeforeEach() {
    counted("jvm_one");
    counted("jvm_other");
    scrape();
    assertThat(pauses.get()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void hasTheNamesOfTheJvmsOwn() {
    assertThat(new JvmFamilies().scrape(() -> {}))
        .extracting(one -> one.getMetadata().getPrometheusName())
        .contains(DEADLOCKED, DEADLOCKED + "_monitor", "jvm_threads_state")
        .doesNotHaveDuplicates();
  }
}
