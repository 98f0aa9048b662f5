// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.log.Log;
import io.prometheus.jmx.JmxCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectInstance;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

final class JmxNamesTest {
  private static final Set<String> TELL_NOTHING =
      Set.of(
          "com.sun.management:type=DiagnosticCommand",
          "com.sun.management:type=HotSpotDiagnostic",
          "jdk.management.jfr:type=FlightRecorder");

  /** Its attributes. */
  public interface NumberMBean {
    /** A number. */
    int getValue();
  }

  /** An application's. */
  public static final class Number implements NumberMBean {
    @Override
    public int getValue() {
      return 7;
    }
  }

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

  private static List<String> collected(JmxMetrics metrics) throws InterruptedException {
    List<MetricSnapshot> all = metrics.collect(Duration.ofMinutes(1));
    return all.stream().map(one -> one.getMetadata().getPrometheusName()).toList();
  }

  @Test
  void haveAllOfThePlatformsButWhatTellsNothing() throws Exception {
    List<ObjectName> patterns =
        JmxNames.all(server, "ebpf").stream().map(JmxNamesTest::name).toList();

    assertThat(server.queryNames(null, null))
        .extracting(ObjectName::getCanonicalName)
        .containsAll(TELL_NOTHING);
    for (ObjectName one : server.queryNames(null, null)) {
      assertThat(patterns.stream().anyMatch(pattern -> pattern.apply(one)))
          .as(one.toString())
          .isEqualTo(!TELL_NOTHING.contains(one.getCanonicalName()));
    }
  }

  private static ObjectName name(String text) {
    try {
      return new ObjectName(text);
    } catch (MalformedObjectNameException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Test
  void haveNoneOfADomain() throws Exception {
    MBeanServer other = MBeanServerFactory.newMBeanServer();
    ObjectInstance odd = other.registerMBean(new Number(), name("a b$[.]:type=Number"));
    other.registerMBean(new Number(), name("ebpf:type=Number"));

    assertThat(JmxNames.all(other, "ebpf"))
        .containsExactly("JMImplementation:*", odd.getObjectName().getDomain() + ":*");
  }

  @Test
  void areNoneWhereThereAreTooMany() throws Exception {
    MBeanServer other = MBeanServerFactory.newMBeanServer();
    for (int i = 0; i < 200; i++) {
      other.registerMBean(new Number(), name("domain" + i + ":type=Number"));
    }

    assertThat(JmxNames.all(other, "ebpf")).isEmpty();
  }

  @Test
  void whatComesLaterIsAskedToo() throws Exception {
    try (JmxMetrics metrics = new JmxMetrics(JmxRules.of("", "ebpf"), server, Log.NONE)) {
      assertThat(collected(metrics)).contains("java_lang_Threading_ThreadCount");

      server.registerMBean(new Number(), name("late:type=Number"));
      server.registerMBean(new Number(), name("ebpf:type=Number"));

      assertThat(collected(metrics))
          .contains("late_Number_Value", "java_lang_Threading_ThreadCount")
          .doesNotContain("ebpf_Number_Value");
    } finally {
      server.unregisterMBean(name("late:type=Number"));
      server.unregisterMBean(name("ebpf:type=Number"));
    }
  }

  private static List<MetricSnapshot> scraped(JmxCollector collector) {
    PrometheusRegistry registry = new PrometheusRegistry();
    JmxCollector unused = collector.register(registry);
    return registry.scrape().stream().toList();
  }

  @Test
  void whoHasWaitedAtTheStartDoesntWaitAgain() {
    JmxRules rules = JmxRules.of("startDelaySeconds: 3600", "ebpf");
    List<String> names = rules.names(server);

    assertThatThrownBy(() -> scraped(rules.collector(names)))
        .isInstanceOf(IllegalStateException.class);
    assertThat(scraped(rules.started().collector(names))).isNotEmpty();
  }

  @Test
  void areTheFilesWhereItHasSome() {
    assertThat(JmxRules.of("includeObjectNames: ['a:*']", "ebpf").names(server)).isEmpty();
    assertThat(JmxRules.of("whitelistObjectNames: ['a:*']", "ebpf").names(server)).isEmpty();
    assertThat(JmxRules.of("excludeObjectNames: ['a:*']", "ebpf").names(server)).isNotEmpty();
  }
}
