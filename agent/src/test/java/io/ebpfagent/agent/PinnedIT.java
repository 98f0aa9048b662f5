// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** JVMs of every version here, as nobody and without any capability, show what a daemon pinned. */
@Tag("jvm")
final class PinnedIT {
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

  private static final String[] NOBODY = {
    SETPRIV.toString(),
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--inh-caps=-all",
    "--bounding-set=-all",
    "--no-new-privs"
  };

  static List<Integer> javas() {
    return new ArrayList<>(Javas.all().keySet().stream().filter(java -> java >= 17).toList());
  }

  /** The agent and the application where nobody can read them. */
  static HostJvm.Builder nobody(WorkFolder work, Path java, String arguments) {
    KernelIsThere.needed(KernelIsThere.isRoot(), "not root");
    KernelIsThere.needed(Files.isExecutable(SETPRIV), "no " + SETPRIV);
    Path agent = work.copy(HostJvm.AGENT);
    Path classes = work.copy(Path.of(HostJvm.classPath()));
    return HostJvm.builder()
        .under(NOBODY)
        .java(java)
        .directory(work.path)
        .options("-javaagent:" + agent + (arguments.isEmpty() ? "" : "=" + arguments))
        .program("-cp", classes.toString(), HostApp.class.getName());
  }

  @ParameterizedTest
  @MethodSource("javas")
  void showsWhatADaemonPinned(int version) throws Exception {
    Path java = Javas.of(version);
    try (WorkFolder work = new WorkFolder()) {
      PinnedRowsFolder pins = new PinnedRowsFolder(work.path.resolve("pins"));
      pins.write(5, 0);
      Path file =
          work.write(
              "agent.yaml", "ebpf: {pinned: %s, mbeans: {refresh: 50ms}}\n".formatted(pins.path));
      try (HostJvm host = nobody(work, java, "127.0.0.1:0:" + file).start()) {
        host.untilUp();
        String text = host.scrapeUntil("ebpf_exporter_packets_total{", "jvm_threads_current ");
        assertThat(text.lines())
            .contains(
                "ebpf_exporter_packets_total{port=\"443\",program=\"java\"} 5",
                "ebpf_exporter_packets_total{port=\"53\",program=\"named\"} 7",
                "ebpf_exporter_latency_seconds_bucket{le=\"0.004\"} 10",
                "ebpf_exporter_latency_seconds_count 10",
                "ebpf_exporter_latency_seconds_sum 0.022",
                "ebpf_exporter_pinned_up 1");

        MBeanServerConnection beans = host.mbeans();
        ObjectName counter =
            new ObjectName("ebpf:type=web,name=packets_total,port=443,program=java");
        host.until(() -> registered(beans, counter), there -> there);
        assertThat(beans.getAttribute(counter, "Value")).isEqualTo(5L);
        ObjectName histogram = new ObjectName("ebpf:type=web,name=latency_seconds");
        assertThat(beans.getAttribute(histogram, "Count")).isEqualTo(10L);
        assertThat((Double) beans.getAttribute(histogram, "Mean")).isCloseTo(0.0022, within(1e-9));
        // Two up to 1 ms, four up to 2: the fifth is three quarters of the way.
        assertThat((Double) beans.getAttribute(histogram, "P50")).isCloseTo(0.00175, within(1e-9));

        // The daemon counts on, is gone, and comes again.
        pins.write(6, 0);
        host.until(() -> value(beans, counter), value -> value == 6);
        pins.write(6, 60_000_000_000L);
        host.scrapeUntil("ebpf_exporter_pinned_up 0");
        host.until(() -> registered(beans, counter), there -> !there);
        pins.write(1, 0);
        host.scrapeUntil("ebpf_exporter_packets_total{port=\"443\",program=\"java\"} 1");
        host.until(() -> registered(beans, counter), there -> there);
        host.stop();
        assertThat(host.err()).allMatch(line -> line.startsWith("ebpf-agent: "));
      }
    }
  }

  static boolean registered(MBeanServerConnection beans, ObjectName name) {
    try {
      return beans.isRegistered(name);
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  static long value(MBeanServerConnection beans, ObjectName name) {
    try {
      return (Long) beans.getAttribute(name, "Value");
    } catch (javax.management.JMException | java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void withoutPrivilegesOneLineSaysWhatIsMissing() {
    try (WorkFolder work = new WorkFolder()) {
      Path java = Javas.of(Runtime.version().feature());
      try (HostJvm host = nobody(work, java, "127.0.0.1:0").start()) {
        host.untilUp();
        assertThat(host.scrapeUntil("jvm_threads_current ", "jmx_scrape_error "))
            .doesNotContain("ebpf_exporter_config_attached");
        host.stop();
        assertThat(host.err())
            .filteredOn(line -> !line.contains("metrics at"))
            .singleElement()
            .asString()
            .contains("CAP_BPF and CAP_PERFMON are missing", "ebpf.pinned");
      }
    }
  }

  @Test
  void onOlderJavaOneLineSaysWhatIsMissing() {
    Optional<Path> java = Javas.oldest(17, 24);
    KernelIsThere.needed(java.isPresent(), "no Java from 17 to 24");
    try (HostJvm host = HostJvm.builder().java(java.orElseThrow()).agent("127.0.0.1:0").start()) {
      host.untilUp();
      host.scrapeUntil("jvm_threads_current ", "jmx_scrape_error ");
      host.stop();
      assertThat(host.err())
          .filteredOn(line -> !line.contains("metrics at"))
          .singleElement()
          .asString()
          .contains("Java 25 or later", "ebpf.pinned");
    }
  }
}
