// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.MBeanServerConnection;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The agent in JVMs of nobody's beside a real exporter that pins, in a virtual machine: some
 * machines let nobody pin rows.
 */
@Tag("vm")
final class PinnedDaemonVM {
  private static final Path PINS = Path.of("/sys/fs/bpf/exporter");

  /** Starts sooner where every instruction is emulated, and says here why it crashed if it does. */
  private static final String[] OPTIONS = {"-XX:+UseSerialGC", "-XX:+ErrorFileToStdout"};

  private static final ObjectName READ =
      name("ebpf:type=syscalls,name=syscalls_total,syscall=read");

  private static final Pattern SERVING = Pattern.compile(".* serving (http://[^/]+/\\S*)");
  private static final Pattern COUNTER =
      Pattern.compile("(ebpf_exporter_(?:syscalls|softirqs)_total\\{.*}) (\\d+)");

  private static ObjectName name(String text) {
    try {
      return new ObjectName(text);
    } catch (MalformedObjectNameException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** The packaged exporter. */
  private record Daemon(Process process, String url) implements AutoCloseable {
    static Daemon start() throws IOException {
      ProcessBuilder builder =
          new ProcessBuilder(
                  System.getProperty("ebpfagent.launcher"),
                  "--pin=" + PINS,
                  "--config.names=percpu-softirq,syscalls",
                  "--web.listen-address=127.0.0.1:0")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD);
      builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
      Process process = builder.start();
      BufferedReader log = process.errorReader(UTF_8);
      StringBuilder said = new StringBuilder();
      for (String line = log.readLine(); line != null; line = log.readLine()) {
        said.append(line).append('\n');
        Matcher matcher = SERVING.matcher(line);
        if (matcher.matches()) {
          Thread rest = new Thread(() -> log.lines().forEach(more -> {}));
          rest.setDaemon(true);
          rest.start();
          return new Daemon(process, matcher.group(1));
        }
      }
      throw new AssertionError(said.toString());
    }

    Map<String, Long> counters() throws IOException {
      try (var in = URI.create(url).toURL().openStream()) {
        return PinnedDaemonVM.counters(new String(in.readAllBytes(), UTF_8));
      }
    }

    long reads() throws IOException {
      return counters().getOrDefault("ebpf_exporter_syscalls_total{syscall=\"read\"}", 0L);
    }

    /** Not asked to: it can't remove anything. */
    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }

  private static Map<String, Long> counters(String text) {
    Map<String, Long> values = new TreeMap<>();
    text.lines()
        .map(COUNTER::matcher)
        .filter(Matcher::matches)
        .forEach(line -> values.put(line.group(1), Long.valueOf(line.group(2))));
    return values;
  }

  private static void assertBetween(
      Map<String, Long> before, Map<String, Long> shown, Map<String, Long> after) {
    assertThat(before).hasSizeGreaterThan(10);
    assertThat(shown.keySet()).containsAll(before.keySet());
    assertThat(after.keySet()).containsAll(shown.keySet());
    assertThat(shown)
        .allSatisfy(
            (series, value) ->
                assertThat(value)
                    .as(series)
                    .isBetween(before.getOrDefault(series, 0L), after.get(series)));
  }

  /** The MBean has a value that the daemon has, and follows it. */
  private static void assertShowsReads(HostJvm host, Daemon daemon) throws IOException {
    MBeanServerConnection beans = host.mbeans();
    host.until(() -> PinnedIT.registered(beans, READ), there -> there);
    long low = daemon.reads();
    long value = host.until(() -> PinnedIT.value(beans, READ), seen -> seen >= low);
    assertThat(value).isBetween(low, daemon.reads());
  }

  @Test
  @SuppressWarnings("try") // the daemon is killed in the middle
  void showWhatADaemonPinsAndFollowAnother() throws Exception {
    Map<Integer, HostJvm> hosts = new LinkedHashMap<>();
    try (WorkFolder work = new WorkFolder();
        Daemon daemon = Daemon.start()) {
      Path file =
          work.write("agent.yaml", "ebpf: {pinned: %s, mbeans: {refresh: 50ms}}\n".formatted(PINS));
      for (int java : PinnedIT.javas()) {
        HostJvm host =
            PinnedIT.nobody(work, Javas.of(java), "127.0.0.1:0:" + file).options(OPTIONS).start();
        hosts.put(java, host);
        // One after the other: two starts at once take longer than that.
        host.untilUp();
      }
      for (HostJvm host : hosts.values()) {
        host.scrapeUntil("ebpf_exporter_pinned_up 1", "jvm_threads_current ");
        Map<String, Long> before = daemon.counters();
        Map<String, Long> shown = counters(host.scrape());
        assertBetween(before, shown, daemon.counters());
        assertShowsReads(host, daemon);
      }

      daemon.close();
      for (HostJvm host : hosts.values()) {
        assertThat(counters(host.scrapeUntil("ebpf_exporter_pinned_up 0"))).isEmpty();
        MBeanServerConnection beans = host.mbeans();
        host.until(() -> PinnedIT.registered(beans, READ), there -> !there);
      }
      try (Daemon next = Daemon.start()) {
        for (HostJvm host : hosts.values()) {
          host.scrapeUntil("ebpf_exporter_pinned_up 1");
          Map<String, Long> before = next.counters();
          Map<String, Long> shown = counters(host.scrape());
          assertBetween(before, shown, next.counters());
          assertShowsReads(host, next);
          host.stop();
          assertThat(host.err()).allMatch(line -> line.startsWith("ebpf-agent: "));
        }
      }
    } finally {
      hosts.values().forEach(HostJvm::close);
    }
  }
}
