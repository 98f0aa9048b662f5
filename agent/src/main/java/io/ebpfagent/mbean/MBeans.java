// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import io.ebpfagent.log.Log;
import io.ebpfagent.metrics.ConfigMetric;
import io.ebpfagent.metrics.SeriesVisitor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * The MBeans in the host's server, kept in line with what there is to show. One thread looks; what
 * the MBeans say is read when somebody asks them.
 */
public final class MBeans implements AutoCloseable {
  /** A metric, and the names of what is registered of it. */
  private static final class Registered {
    final MetricRows rows;
    final MBeanInfo info;
    final Map<List<String>, ObjectName> series = new HashMap<>();
    final Set<ObjectName> tables = new HashSet<>();

    Registered(MetricRows rows, MBeanInfo info) {
      this.rows = rows;
      this.info = info;
    }
  }

  private final MBeanServer server;
  private final MBeanSettings settings;
  private final Supplier<KernelMetrics> kernel;
  private final Names names;
  private final Log log;
  private final Map<ConfigMetric, Registered> metrics = new LinkedHashMap<>();
  private final Set<ObjectName> own = new HashSet<>();
  private final AtomicInteger series = new AtomicInteger();
  private volatile int leftOut;
  private boolean refused;

  /**
   * Registers the agent itself; the metrics come with the first {@link #look(Runnable)}.
   *
   * @param kernel what there is to show, which may change
   */
  public MBeans(
      MBeanServer server,
      MBeanSettings settings,
      Supplier<KernelMetrics> kernel,
      AgentStatus agent,
      Log log) {
    this.server = server;
    this.settings = settings;
    this.kernel = kernel;
    this.log = log;
    names = new Names(settings.domain());
    ObjectName exporter = names.exporter();
    if (register(DescribedExporter.of(new Exporter(kernel, agent, this)), exporter)) {
      own.add(exporter);
    }
  }

  /**
   * Registers what is new, and takes away what is gone.
   *
   * @param pause run again and again; it may let others have the CPU
   */
  public void look(Runnable pause) {
    List<ConfigMetric> current = kernel.get().metrics().perConfig();
    Iterator<Map.Entry<ConfigMetric, Registered>> known = metrics.entrySet().iterator();
    while (known.hasNext()) {
      Map.Entry<ConfigMetric, Registered> metric = known.next();
      if (!current.contains(metric.getKey())) {
        unregisterAll(metric.getValue());
        known.remove();
      }
    }
    int more = 0;
    for (ConfigMetric metric : current) {
      more += look(metric, metrics.computeIfAbsent(metric, this::begin), pause);
    }
    leftOut = more;
  }

  private Registered begin(ConfigMetric metric) {
    MetricRows rows = new MetricRows(metric, kernel, settings.refresh());
    Registered registered = new Registered(rows, SeriesBean.info(metric));
    // Without labels the one series has that name.
    if (!metric.labels().isEmpty()) {
      ObjectName name = names.of(metric, List.of());
      if (register(RowsBean.of(metric, rows), name)) {
        registered.tables.add(name);
      }
    }
    return registered;
  }

  /**
   * Keeps none of the rows: there may be many, and what lives until a collection of the young makes
   * that one longer.
   *
   * @return how many series are left out
   */
  private int look(ConfigMetric metric, Registered registered, Runnable pause) {
    registered.rows.forgetOld();
    Looked looked = new Looked(registered.series.keySet(), settings.maxSeries(), pause);
    if (!registered.rows.visit(looked)) {
      looked = new Looked(registered.series.keySet(), 0, pause);
    }
    for (List<String> labels : looked.gone) {
      unregister(Objects.requireNonNull(registered.series.remove(labels)));
      series.decrementAndGet();
    }
    int more = looked.more;
    for (List<String> labels : looked.found) {
      if (series.get() >= settings.maxSeries() || !add(metric, labels, registered)) {
        more++;
      }
    }
    return more;
  }

  /** What differs from the series that are known. */
  private static final class Looked implements SeriesVisitor {
    private final Set<List<String>> known;
    private final Set<List<String>> gone;
    private final Set<List<String>> found = new LinkedHashSet<>();
    private final int most;
    private final Runnable pause;
    private int more;

    Looked(Set<List<String>> known, int most, Runnable pause) {
      this.known = known;
      this.most = most;
      this.pause = pause;
      gone = new HashSet<>(known);
    }

    @Override
    public void counter(List<String> labels, long value) {
      saw(labels);
    }

    @Override
    public void histogram(List<String> labels, double[] bounds, long[] counts, double sum) {
      saw(labels);
    }

    private void saw(List<String> labels) {
      pause.run();
      if (known.contains(labels)) {
        gone.remove(labels);
      } else if (found.size() < most) {
        found.add(labels);
      } else {
        more++;
      }
    }
  }

  private boolean add(ConfigMetric metric, List<String> labels, Registered registered) {
    ObjectName name = names.of(metric, labels);
    if (!register(new SeriesBean(registered.info, metric, registered.rows, labels), name)) {
      return false;
    }
    registered.series.put(labels, name);
    series.incrementAndGet();
    return true;
  }

  private boolean register(Object bean, ObjectName name) {
    try {
      server.registerMBean(bean, name);
      return true;
    } catch (InstanceAlreadyExistsException e) {
      refused("there is an MBean of another's: " + name);
    } catch (JMException | RuntimeException e) {
      refused("MBean " + name + ": " + e);
    }
    return false;
  }

  private void refused(String reason) {
    if (!refused) {
      refused = true;
      log.warning(reason);
    }
  }

  private void unregisterAll(Registered registered) {
    registered.series.values().forEach(this::unregister);
    registered.tables.forEach(this::unregister);
    series.addAndGet(-registered.series.size());
  }

  private void unregister(ObjectName name) {
    try {
      server.unregisterMBean(name);
    } catch (InstanceNotFoundException e) {
      // The host may have taken it away.
    } catch (JMException | RuntimeException e) {
      refused("MBean " + name + ": " + e);
    }
  }

  /** How many series have an MBean. */
  int series() {
    return series.get();
  }

  /** How many have none. */
  int leftOut() {
    return leftOut;
  }

  @Override
  public void close() {
    metrics.values().forEach(this::unregisterAll);
    metrics.clear();
    own.forEach(this::unregister);
  }
}
