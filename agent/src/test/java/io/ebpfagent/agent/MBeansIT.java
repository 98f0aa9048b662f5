// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.MBeanInfo;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What JConsole shows. */
@Tag("jvm")
final class MBeansIT {
  private static final Pattern SERIES = Pattern.compile("\\w+\\{syscall=\"(\\w+)\"} (\\d+)");

  private static ObjectName name(String text) {
    try {
      return new ObjectName(text);
    } catch (JMException e) {
      throw new AssertionError(e);
    }
  }

  private static Set<ObjectName> names(HostJvm host, String pattern) {
    try {
      return host.mbeans().queryNames(name(pattern), null);
    } catch (IOException e) {
      throw new AssertionError(host.toString(), e);
    }
  }

  private static int leftOut(HostJvm host) {
    try {
      return (Integer) host.mbeans().getAttribute(name("kernel:type=Exporter"), "SeriesLeftOut");
    } catch (IOException | JMException e) {
      throw new AssertionError(host.toString(), e);
    }
  }

  @Test
  void seriesAndTablesSayWhatTheEndpointSays() throws Exception {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder()) {
      String file =
          work.write(
                  "agent.yaml",
                  """
                  ebpf:
                    configs: [syscalls, softirq-latency]
                    mbeans: {refresh: 1ms}
                  """)
              .toString();
      try (HostJvm host = HostJvm.start("127.0.0.1:0:" + file)) {
        host.untilUp();
        MBeanServerConnection beans = host.mbeans();
        host.until(
            () -> names(host, "ebpf:type=syscalls,name=syscalls_total,syscall=*"),
            found -> found.size() > 3);

        ObjectName table = name("ebpf:type=syscalls,name=syscalls_total");
        Map<String, Long> before = scraped(host);
        TabularData rows = (TabularData) beans.getAttribute(table, "Rows");
        Map<String, Long> after = scraped(host);
        Map<String, Long> shown = new HashMap<>();
        for (CompositeData row : rows(rows)) {
          shown.put((String) row.get("syscall"), (Long) row.get("Value"));
        }
        assertThat(shown).hasSizeGreaterThan(5);
        shown.forEach(
            (syscall, value) ->
                assertThat(value)
                    .as(syscall)
                    .isBetween(before.getOrDefault(syscall, 0L), after.get(syscall)));

        ObjectName futex = name("ebpf:type=syscalls,name=syscalls_total,syscall=futex");
        long first = (Long) beans.getAttribute(futex, "Value");
        host.until(() -> value(beans, futex), value -> value > first);
        MBeanInfo info = beans.getMBeanInfo(futex);
        assertThat(info.getDescription()).isEqualTo(beans.getMBeanInfo(table).getDescription());
        assertThat(host.scrape())
            .contains("# HELP ebpf_exporter_syscalls_total " + info.getDescription() + "\n");

        histogram(host, beans);
        exporter(beans);
        // None of ours is shown once more by way of JMX.
        assertThat(host.scrapeUntil("java_lang_Runtime_Uptime")).doesNotContain("\nebpf_syscalls");
        host.stop();
      }
    }
  }

  private static long value(MBeanServerConnection beans, ObjectName name) {
    try {
      return (Long) beans.getAttribute(name, "Value");
    } catch (JMException | IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Map<String, Long> scraped(HostJvm host) {
    Map<String, Long> values = new HashMap<>();
    host.scrape()
        .lines()
        .forEach(
            line -> {
              Matcher matcher = SERIES.matcher(line);
              if (matcher.matches()) {
                values.put(matcher.group(1), Long.valueOf(matcher.group(2)));
              }
            });
    return values;
  }

  @SuppressWarnings("unchecked") // as TabularData documents it
  private static Collection<CompositeData> rows(TabularData table) {
    return (Collection<CompositeData>) table.values();
  }

  private static void histogram(HostJvm host, MBeanServerConnection beans) throws Exception {
    String pattern = "ebpf:type=softirq-latency,name=softirq_entry_latency_seconds,kind=*";
    ObjectName name =
        host.until(() -> names(host, pattern), found -> !found.isEmpty()).iterator().next();
    Map<String, Object> values = new HashMap<>();
    String[] attributes = {
      "Count", "Sum", "Mean", "P50", "P75", "P90", "P95", "P99", "P999", "Buckets"
    };
    assertThat(beans.getMBeanInfo(name).getAttributes())
        .extracting(attribute -> attribute.getName())
        .containsExactlyInAnyOrder(attributes);
    beans
        .getAttributes(name, attributes)
        .asList()
        .forEach(a -> values.put(a.getName(), a.getValue()));
    long count = (Long) value(values, "Count");
    double sum = (Double) value(values, "Sum");
    assertThat((Double) value(values, "Mean")).isCloseTo(sum / count, within(sum / count * 1e-9));
    List<Double> quantiles =
        List.of("P50", "P75", "P90", "P95", "P99", "P999").stream()
            .map(quantile -> (Double) value(values, quantile))
            .toList();
    assertThat(quantiles).isSorted().allMatch(value -> value > 0);
    long inBuckets = 0;
    for (CompositeData bucket : rows((TabularData) value(values, "Buckets"))) {
      inBuckets += (Long) bucket.get("Count");
    }
    assertThat(inBuckets).isEqualTo(count).isPositive();
  }

  private static Object value(Map<String, Object> values, String name) {
    return Objects.requireNonNull(values.get(name), name);
  }

  private static void exporter(MBeanServerConnection beans) throws Exception {
    ObjectName exporter = name("ebpf:type=Exporter");
    CompositeData[] configs = (CompositeData[]) beans.getAttribute(exporter, "Configs");
    assertThat(configs)
        .extracting(c -> c.get("name"))
        .containsExactly("syscalls", "softirq-latency");
    assertThat(configs).allMatch(c -> (Boolean) c.get("attached"));
    CompositeData[] programs = (CompositeData[]) beans.getAttribute(exporter, "Programs");
    assertThat(programs)
        .hasSizeGreaterThan(1)
        .allMatch(p -> (Long) p.get("id") > 0)
        .allMatch(p -> ((String) p.get("tag")).matches("[0-9a-f]{16}"));
    assertThat((String) beans.getAttribute(exporter, "Endpoint")).startsWith("http://127.0.0.1:");
    assertThat((Integer) beans.getAttribute(exporter, "Series")).isGreaterThan(3);
    assertThat((TabularData) beans.getAttribute(exporter, "DecoderErrors")).isNotNull();
    assertThat((String) beans.getAttribute(exporter, "LastError")).isEmpty();
    assertThat(beans.invoke(exporter, "reload", null, null)).isEqualTo("loaded");
    assertThat(beans.getMBeanInfo(exporter).getAttributes())
        .allMatch(attribute -> attribute.getDescription().endsWith("."));
  }

  @Test
  void whatIsTooManyIsCounted() throws Exception {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder()) {
      String file =
          work.write(
                  "agent.yaml",
                  """
                  ebpf:
                    configs: [syscalls]
                    mbeans: {domain: kernel, maxSeries: 4, refresh: 100ms}
                  """)
              .toString();
      try (HostJvm host = HostJvm.start(file)) {
        host.untilUp();
        // Two metrics have a table each.
        host.until(() -> names(host, "kernel:type=syscalls,*"), found -> found.size() == 4 + 2);
        // At first there are just four series, maybe.
        host.until(() -> leftOut(host), leftOut -> leftOut > 0);
        TabularData all =
            (TabularData)
                host.mbeans()
                    .getAttribute(name("kernel:type=syscalls,name=syscalls_total"), "Rows");
        assertThat(all.size()).isGreaterThan(4);

        work.write("agent.yaml", "ebpf: {configs: [timers]}\n");
        host.until(() -> names(host, "ebpf:type=timers,*"), found -> found.size() > 1);
        assertThat(names(host, "kernel:*")).isEmpty();
        host.stop();
      }
    }
  }
}
