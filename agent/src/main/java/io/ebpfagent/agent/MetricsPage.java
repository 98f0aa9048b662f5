// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.http.Exchange;
import io.ebpfagent.http.Page;
import io.ebpfagent.log.Log;
import io.ebpfagent.mbean.KernelMetrics;
import io.ebpfagent.metrics.TextFormat;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The page of metrics: the kernel's, then the host's MBeans, then the JVM's. The last two wait for
 * the host to have set up its own; where two have a name in common, the first has it.
 */
final class MetricsPage implements Page {
  private static final String KERNELS = "ebpf_exporter_";
  private static final String TIMEOUT = "X-Prometheus-Scrape-Timeout-Seconds";
  private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(10);

  /** Of the time that the scraper gives; the rest is for the way. */
  private static final double PART = 0.8;

  /** The part of that for pauses, and of what is left then for the MBeans': an eighth. */
  static final int PAUSES = 8;

  private final Supplier<? extends KernelMetrics> kernel;
  private final Version version;
  private final Log log;
  private final ExpositionFormatWriter text = PrometheusTextFormatWriter.create();
  private final ExpositionFormatWriter openMetrics = OpenMetricsTextFormatWriter.create();
  private final Set<String> clashes = new HashSet<>();

  private volatile @Nullable JmxMetrics jmx;
  private volatile @Nullable JvmFamilies jvm;

  MetricsPage(Supplier<? extends KernelMetrics> kernel, Version version, Log log) {
    this.kernel = kernel;
    this.version = version;
    this.log = log;
  }

  /** Shows the host's MBeans from now on, or none; closes what was shown before. */
  void show(@Nullable JmxMetrics next) {
    JmxMetrics before = jmx;
    jmx = next;
    if (before != null) {
      before.close();
    }
  }

  /** Shows the JVM's own metrics from now on, or none. */
  void showJvm(boolean wanted) {
    if (!wanted) {
      jvm = null;
    } else if (jvm == null) {
      jvm = new JvmFamilies();
    }
  }

  @Override
  public void answer(Exchange exchange) throws IOException {
    long begin = System.nanoTime();
    Set<String> wanted = Set.copyOf(exchange.parameters("name[]"));
    Predicate<String> names = wanted.isEmpty() ? name -> true : wanted::contains;
    boolean open = exchange.prefers("application/openmetrics-text", "text/plain");
    TextFormat format = open ? TextFormat.OPEN_METRICS : TextFormat.PROMETHEUS;
    Duration most = timeout(exchange);
    Pauses pauses = new Pauses(most.dividedBy(PAUSES));
    OutputStream out = exchange.open(format.contentType());
    pauses.run();
    kernel.get().metrics().write(out, format, names, pauses);
    out.flush();
    ExpositionFormatWriter writer = open ? openMetrics : text;
    MetricSnapshots rest = rest(names, most.minusNanos(System.nanoTime() - begin), pauses);
    pauses.run();
    writer.write(pausing(out, pauses), rest);
    out.close();
  }

  /** The format's writer has no pauses, but gives out what it wrote in pieces. */
  private static OutputStream pausing(OutputStream out, Runnable pause) {
    return new FilterOutputStream(out) {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
        pause.run();
      }
    };
  }

  private static Duration timeout(Exchange exchange) {
    try {
      double seconds = Double.parseDouble(exchange.header(TIMEOUT));
      if (seconds > 0 && seconds < 3_600) {
        return Duration.ofMillis((long) (seconds * 1000 * PART));
      }
    } catch (NumberFormatException e) {
      // Not a Prometheus.
    }
    return Duration.ofMillis((long) (USUAL_TIMEOUT.toMillis() * PART));
  }

  private MetricSnapshots rest(Predicate<String> names, Duration most, Runnable pause)
      throws IOException {
    List<MetricSnapshot> all = new ArrayList<>();
    Set<String> taken = new HashSet<>();
    JmxMetrics beans = jmx;
    if (beans != null) {
      try {
        add(beans.collect(most.isNegative() ? Duration.ZERO : most), names, taken, all);
      } catch (InterruptedException e) {
        throw new InterruptedIOException();
      }
    }
    JvmFamilies families = jvm;
    if (families != null) {
      add(families.scrape(pause), names, taken, all);
    }
    own(beans).stream().filter(one -> isWanted(one, names)).forEach(all::add);
    return new MetricSnapshots(all);
  }

  private void add(
      List<MetricSnapshot> more,
      Predicate<String> names,
      Set<String> taken,
      List<MetricSnapshot> all) {
    for (MetricSnapshot one : more) {
      String name = one.getMetadata().getPrometheusName();
      if (name.startsWith(KERNELS) || !taken.add(name)) {
        clash(name);
      } else if (isWanted(one, names)) {
        all.add(one);
      }
    }
  }

  /** A metric is wanted by its name, and by that of any of its series. */
  static boolean isWanted(MetricSnapshot metric, Predicate<String> names) {
    String name = metric.getMetadata().getPrometheusName();
    return names.test(name) || endings(metric).stream().anyMatch(end -> names.test(name + end));
  }

  private static List<String> endings(MetricSnapshot metric) {
    if (metric instanceof CounterSnapshot) {
      return List.of("_total");
    }
    if (metric instanceof InfoSnapshot) {
      return List.of("_info");
    }
    if (metric instanceof SummarySnapshot) {
      return List.of("_count", "_sum");
    }
    return metric instanceof HistogramSnapshot ? List.of("_bucket", "_count", "_sum") : List.of();
  }

  private void clash(String name) {
    synchronized (clashes) {
      if (clashes.size() >= 100 || !clashes.add(name)) {
        return;
      }
    }
    log.warning("metric " + name + " of MBeans is left out, the name is taken");
  }

  private List<MetricSnapshot> own(@Nullable JmxMetrics beans) {
    List<MetricSnapshot> own = new ArrayList<>();
    own.add(
        GaugeSnapshot.builder()
            .name(KERNELS + "build_info")
            .help("What was built and what runs it, as labels.")
            .dataPoint(
                GaugeDataPointSnapshot.builder()
                    .labels(
                        Labels.of(
                            "version",
                            version.version(),
                            "revision",
                            version.revision(),
                            "java_version",
                            Runtime.version().toString()))
                    .value(1)
                    .build())
            .build());
    if (beans != null) {
      own.add(
          counter(
              "jmx_timeouts",
              "Scrapes that MBeans were left out of, not to wait for them.",
              beans.timeouts()));
      own.add(counter("jmx_failures", "How often asking MBeans failed.", beans.failures()));
    }
    return own;
  }

  private static CounterSnapshot counter(String name, String help, long value) {
    return CounterSnapshot.builder()
        .name(KERNELS + name)
        .help(help)
        .dataPoint(CounterDataPointSnapshot.builder().value((double) value).build())
        .build();
  }
}
