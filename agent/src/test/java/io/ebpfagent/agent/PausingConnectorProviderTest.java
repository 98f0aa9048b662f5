// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.MalformedURLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServer;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXServiceURL;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PausingConnectorProviderTest {
  private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

  /** An MBean that says which loader it sees. */
  public interface LoaderMBean {
    /** Whether it is the system's. */
    boolean isSystems();
  }

  /** The same. */
  public static final class Loader implements LoaderMBean {
    static volatile @Nullable ClassLoader seen;

    @Override
    public boolean isSystems() {
      seen = Thread.currentThread().getContextClassLoader();
      return seen == ClassLoader.getSystemClassLoader();
    }
  }

  @Test
  void theCollectorPausesBeforeEachQuestion() throws Exception {
    AtomicInteger pauses = new AtomicInteger();
    PrometheusRegistry registry = new PrometheusRegistry();
    var unused = JmxRules.of("", "ebpf").collector(List.of()).register(registry);
    MetricSnapshots all =
        PausingConnectorProvider.ask(SERVER, pauses::incrementAndGet, registry::scrape);
    assertThat(all.stream().map(one -> one.getMetadata().getPrometheusName()))
        .contains("java_lang_Runtime_Uptime", "jmx_scrape_error");
    // Of attributes, too, where they are the JVM's own.
    assertThat(pauses.get()).isGreaterThan(150);
  }

  @Test
  void beansSeeTheThreadsOwnLoader() throws Exception {
    ObjectName name = new ObjectName("loaders:type=Loader");
    SERVER.registerMBean(new Loader(), name);
    ClassLoader own = new ClassLoader(null) {};
    Thread.currentThread().setContextClassLoader(own);
    try {
      PrometheusRegistry registry = new PrometheusRegistry();
      var unused = JmxRules.of("", "ebpf").collector(List.of("loaders:*")).register(registry);
      PausingConnectorProvider.ask(SERVER, () -> {}, registry::scrape);
      assertThat(Loader.seen).isSameAs(own);
      assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(own);
    } finally {
      Thread.currentThread().setContextClassLoader(ClassLoader.getSystemClassLoader());
      SERVER.unregisterMBean(name);
    }
  }

  @Test
  void whatAServerThrowsIsThrown() {
    PausingConnectorProvider provider = new PausingConnectorProvider();
    PausingConnectorProvider.ask(
        SERVER,
        () -> {},
        () -> {
          MBeanServerConnection connection = connection(provider);
          assertThatThrownBy(() -> connection.getMBeanInfo(new ObjectName("no:type=Such")))
              .isInstanceOf(InstanceNotFoundException.class);
          return true;
        });
  }

  private static MBeanServerConnection connection(PausingConnectorProvider provider) {
    try {
      return provider
          .newJMXConnector(new JMXServiceURL(PausingConnectorProvider.URL), Map.of())
          .getMBeanServerConnection();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void nobodyElseGetsAConnection() throws Exception {
    PausingConnectorProvider provider = new PausingConnectorProvider();
    JMXServiceURL own = new JMXServiceURL(PausingConnectorProvider.URL);
    JMXServiceURL other = new JMXServiceURL("service:jmx:rmi://127.0.0.1");
    assertThatThrownBy(() -> provider.newJMXConnector(own, Map.of()))
        .isInstanceOf(MalformedURLException.class);
    PausingConnectorProvider.ask(
        SERVER,
        () -> {},
        () ->
            assertThatThrownBy(() -> provider.newJMXConnector(other, Map.of()))
                .isInstanceOf(MalformedURLException.class));
  }
}
