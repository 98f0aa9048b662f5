// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.log.Log;
import io.ebpfagent.mbean.AgentStatus;
import io.ebpfagent.mbean.KernelMetrics;
import io.ebpfagent.mbean.MBeanSettings;
import io.ebpfagent.mbean.MBeans;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.management.MBeanServer;
import org.jspecify.annotations.Nullable;

/**
 * What takes the host's MBean server: the JVM's metrics and those of MBeans on the page, and the
 * kernel's as MBeans. One thread looks after them.
 */
final class HostView {
  /** Looking at what there is to show takes no larger part of the time than this, if it can. */
  private static final int LOOKS = 200;

  private static final long LONGEST_UNTIL_LOOK = TimeUnit.SECONDS.toNanos(10);

  private final MetricsPage page;
  private final Supplier<KernelMetrics> kernel;
  private final AgentStatus agent;
  private final String file;
  private final Log log;
  private final Part jvm;
  private final Part jmx;
  private final Part beans;

  /** Whose rules are those of the page. */
  private @Nullable AgentConfig asked;

  private @Nullable MBeans mbeans;
  private @Nullable MBeanSettings registered;
  private long nextLook;

  /**
   * @param file of the configuration; empty for none
   */
  HostView(
      MetricsPage page, Supplier<KernelMetrics> kernel, AgentStatus agent, String file, Log log) {
    this.page = page;
    this.kernel = kernel;
    this.agent = agent;
    this.file = file;
    this.log = log;
    jvm = new Part("the JVM's metrics", log);
    jmx = new Part("metrics of MBeans", log);
    beans = new Part("MBeans", log);
  }

  /** Shows what the configuration says; there is little to do where it is shown already. */
  void show(MBeanServer server, AgentConfig config) {
    jvm.attempt(() -> page.showJvm(config.jvmMetrics()));
    jmx.attempt(() -> ask(server, config));
    beans.attempt(() -> register(server, config.mbeans()));
  }

  /** Looks at what there is to show as soon as it is shown again. */
  void look() {
    nextLook = System.nanoTime();
  }

  private void ask(MBeanServer server, AgentConfig config) {
    if (config.equals(asked)) {
      return;
    }
    JmxMetrics metrics = null;
    try {
      JmxRules rules = JmxRules.of(config.text(), config.mbeans().domain());
      metrics = new JmxMetrics(rules, server, log);
    } catch (IllegalArgumentException e) {
      log.error("no metrics of MBeans: %s: %s".formatted(file, e.getMessage()));
    }
    page.show(metrics);
    asked = config;
  }

  private void register(MBeanServer server, MBeanSettings settings) {
    MBeans shown = mbeans;
    if (shown == null || !settings.equals(registered)) {
      if (shown != null) {
        shown.close();
      }
      shown = new MBeans(server, settings, kernel, agent, log);
      mbeans = shown;
      registered = settings;
      look();
    }
    if (System.nanoTime() - nextLook >= 0) {
      long begin = System.nanoTime();
      shown.look(new Pauses());
      long took = System.nanoTime() - begin;
      nextLook =
          begin
              + Math.max(settings.refresh().toNanos(), Math.min(LOOKS * took, LONGEST_UNTIL_LOOK));
    }
  }
}
