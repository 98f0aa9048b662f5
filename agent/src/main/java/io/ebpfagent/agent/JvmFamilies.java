// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmClassLoadingMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmCompilationMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryPoolAllocationMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmNativeMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** The JVM's own metrics, as jmx_exporter has them. */
final class JvmFamilies {
  private static final String DEADLOCKS = "jvm_threads_deadlocked";

  /** To look for deadlocks stops all of the host's threads, and a deadlock stays. */
  private static final long DEADLOCKS_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final PrometheusRegistry registry;
  private final LongSupplier clock;

  // Guarded by this.
  private List<MetricSnapshot> deadlocks = List.of();
  private long deadlocksAt;

  /** To be made when the host has set up its MBean server. */
  JvmFamilies() {
    this(registry(), System::nanoTime);
  }

  JvmFamilies(PrometheusRegistry registry, LongSupplier clock) {
    this.registry = registry;
    this.clock = clock;
  }

  /**
   * What they are now; whether there are deadlocks may be some seconds old.
   *
   * @param pause run before each family
   */
  List<MetricSnapshot> scrape(Runnable pause) {
    List<MetricSnapshot> all = new ArrayList<>(scrape(name -> !isDeadlocks(name), pause));
    all.addAll(deadlocks(pause));
    return all;
  }

  private List<MetricSnapshot> scrape(Predicate<String> names, Runnable pause) {
    // The registry asks before each family.
    return registry
        .scrape(
            name -> {
              pause.run();
              return names.test(name);
            })
        .stream()
        .toList();
  }

  private synchronized List<MetricSnapshot> deadlocks(Runnable pause) {
    long now = clock.getAsLong();
    if (deadlocks.isEmpty() || now - deadlocksAt >= DEADLOCKS_NANOS) {
      deadlocks = scrape(JvmFamilies::isDeadlocks, pause);
      deadlocksAt = now;
    }
    return deadlocks;
  }

  private static boolean isDeadlocks(String name) {
    return name.startsWith(DEADLOCKS);
  }

  private static PrometheusRegistry registry() {
    PrometheusRegistry registry = new PrometheusRegistry();
    JvmThreadsMetrics.builder().register(registry);
    JvmBufferPoolMetrics.builder().register(registry);
    JvmClassLoadingMetrics.builder().register(registry);
    JvmCompilationMetrics.builder().register(registry);
    JvmGarbageCollectorMetrics.builder().register(registry);
    JvmMemoryPoolAllocationMetrics.builder().register(registry);
    JvmMemoryMetrics.builder().register(registry);
    // To find out by asking for a report takes as long as all the others.
    if (tracksNativeMemory()) {
      JvmNativeMemoryMetrics.builder().register(registry);
    }
    JvmRuntimeInfoMetric.builder().register(registry);
    ProcessMetrics.builder().register(registry);
    return registry;
  }

  /** Whether the JVM was started with {@code -XX:NativeMemoryTracking}. */
  private static boolean tracksNativeMemory() {
    try {
      HotSpotDiagnosticMXBean vm =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return vm != null && !vm.getVMOption("NativeMemoryTracking").getValue().equals("off");
    } catch (RuntimeException | LinkageError e) {
      // Another JVM, which has no such option, or one without jdk.management.
      return false;
    }
  }
}
