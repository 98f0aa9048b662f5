// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever befalls the agent, the application runs as it would without. */
@Tag("jvm")
final class HarmlessIT {
  private static final String NO_KERNEL = "ebpf: {pinned: /nowhere}\n";
  private static final Path BIN = Path.of(System.getProperty("java.home"), "bin");

  @ParameterizedTest
  @CsvSource({"java,-version", "javac,-version", "keytool,-help", "jcmd,-l"})
  void toolsOfTheJdkSayNothingMore(String tool, String argument) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(BIN.resolve(tool).toString(), argument).redirectErrorStream(true);
    builder
        .environment()
        .put("JAVA_TOOL_OPTIONS", "-javaagent:" + HostJvm.AGENT.toAbsolutePath() + "=1");
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isZero();
    assertThat(out).doesNotContain("ebpf-agent: ");
  }

  @Test
  void loggingAndTheMBeanServerStayTheApplications() throws Exception {
    try (WorkFolder work = new WorkFolder()) {
      Path file = work.write("agent.yaml", NO_KERNEL);
      Path classes = work.path.resolve("classes.txt");
      try (HostJvm host =
          HostJvm.builder()
              .options("-Xlog:class+load:file=" + classes)
              .agent("127.0.0.1:0:" + file)
              .program("-cp", HostJvm.classPath(), OwnLoggingApp.class.getName())
              .start()) {
        // The endpoint is up before the application has anything.
        assertThat(host.scrape()).contains("ebpf_exporter_build_info{").doesNotContain("jvm_");
        List<String> loaded = Files.readAllLines(classes);
        assertThat(loaded).anyMatch(line -> line.contains(" org.eclipse.jetty.server.Server "));
        assertThat(loaded)
            .noneMatch(line -> line.contains(" java.util.logging."))
            .noneMatch(line -> line.contains(" com.sun.jmx.mbeanserver.JmxMBeanServer "))
            .noneMatch(line -> line.contains(" java.lang.System$Logger "));
        host.send('\n');
        host.untilUp();
        host.scrapeUntil("jvm_threads_current ", "jmx_scrape_error 0.0");
        host.end();
        assertThat(host.out()).containsExactly("own logging: true", "own server", "up", "down");
      }
    }
  }

  @Test
  void anMBeanServerThatCannotBeMadeIsSaidOnce() {
    try (WorkFolder work = new WorkFolder()) {
      Path file = work.write("agent.yaml", NO_KERNEL);
      try (HostJvm host =
          HostJvm.builder()
              .options("-Djavax.management.builder.initial=absent.Builder")
              .agent("127.0.0.1:0:" + file)
              .start()) {
        host.untilUp();
        host.untilSaid("no MBeans, the JVM has no MBean server");
        assertThat(host.scrape()).contains("ebpf_exporter_build_info{");
        host.stop();
        assertThat(host.err()).filteredOn(line -> line.contains("no MBeans")).hasSize(1);
      }
    }
  }

  @Test
  void deniedNativeAccessIsSaidWithWhatToAdd() {
    KernelIsThere.needed();
    try (HostJvm host =
        HostJvm.builder().options("--illegal-native-access=deny").agent("127.0.0.1:0").start()) {
      host.untilUp();
      host.scrapeUntil("jvm_threads_current ");
      host.stop();
      assertThat(host.err())
          .filteredOn(line -> !line.contains("metrics at"))
          .singleElement()
          .asString()
          .startsWith("ebpf-agent: no kernel metrics: ")
          .contains("--enable-native-access=ALL-UNNAMED");
    }
  }

  @Test
  void nativeAccessThatIsGivenIsEnough() {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder();
        HostJvm host =
            HostJvm.builder()
                .options("--illegal-native-access=deny", HostJvm.NATIVE_ACCESS)
                .agent(work.arguments("ebpf: {configs: [timers]}\n"))
                .start()) {
      host.untilUp();
      host.scrapeUntil("ebpf_exporter_config_attached{name=\"timers\"} 1");
      host.stop();
      assertThat(host.err()).allMatch(line -> line.startsWith("ebpf-agent: "));
    }
  }

  @Test
  void aBrokenFileIsSaidAndFollowedOnceItIsMended() {
    try (WorkFolder work = new WorkFolder()) {
      Path file = work.write("agent.yaml", "ebpf: [1]\nhttpServer: {threads: {maximum: many}}\n");
      try (HostJvm host = HostJvm.builder().agent("127.0.0.1:0:" + file).start()) {
        host.untilUp();
        host.untilSaid("agent.yaml:1: ebpf: must be a mapping, found a list");
        host.untilSaid("agent.yaml:2: httpServer.threads.maximum: must be a whole number");
        work.write("agent.yaml", NO_KERNEL);
        host.scrapeUntil("ebpf_exporter_build_info{");
        host.stop();
      }
    }
  }

  @Test
  void aFileThatIsNotThereYet() {
    try (WorkFolder work = new WorkFolder();
        HostJvm host =
            HostJvm.builder().agent("127.0.0.1:0:" + work.path.resolve("agent.yaml")).start()) {
      host.untilUp();
      host.untilSaid("agent.yaml: no such file");
      work.write("agent.yaml", NO_KERNEL);
      host.scrapeUntil("ebpf_exporter_build_info{");
      host.stop();
    }
  }

  @Test
  void twoOfThemAreOne() {
    try (WorkFolder work = new WorkFolder()) {
      Path file = work.write("agent.yaml", NO_KERNEL);
      Path copy = work.copy(HostJvm.AGENT);
      try (HostJvm host =
          HostJvm.builder()
              .agent("127.0.0.1:0:" + file)
              .options("-javaagent:" + copy + "=127.0.0.1:0")
              .start()) {
        host.untilUp();
        host.scrapeUntil("jvm_threads_current ");
        host.stop();
        assertThat(host.err())
            .filteredOn(line -> line.contains("already"))
            .singleElement()
            .asString()
            .contains("ignored: 127.0.0.1:0");
      }
    }
  }

  @Test
  void theKernelRefuses() {
    KernelIsThere.needed();
    // Root in a user namespace has all capabilities by name, and bpf(2) gives EPERM.
    try (WorkFolder work = new WorkFolder();
        HostJvm host =
            HostJvm.builder()
                .under("unshare", "--user", "--map-root-user")
                .options(HostJvm.NATIVE_ACCESS)
                .agent(work.arguments("ebpf: {configs: [timers]}\n"))
                .start()) {
      host.untilUp();
      host.scrapeUntil("ebpf_exporter_config_attached{name=\"timers\"} 0", "jvm_threads_current ");
      host.stop();
      assertThat(host.err()).anyMatch(line -> line.contains("EPERM"));
      assertThat(host.err()).noneMatch(line -> line.contains("\tat "));
    }
  }

  @Test
  void temporaryFilesCannotBeWritten() throws IOException {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder();
        HostJvm host =
            HostJvm.builder()
                .under(
                    "unshare",
                    "--mount",
                    "sh",
                    "-c",
                    "mount -t tmpfs -o ro none /tmp && exec \"$@\"",
                    "sh")
                .options(HostJvm.NATIVE_ACCESS, "-XX:-UsePerfData")
                .agent(work.arguments("ebpf: {configs: [timers]}\n"))
                .start()) {
      host.untilUp();
      host.scrapeUntil("ebpf_exporter_config_attached{name=\"timers\"} 1");
      host.stop();
      assertThat(host.err()).allMatch(line -> line.startsWith("ebpf-agent: "));
    }
  }

  @Test
  void aSignalDuringTheStartEndsIt() throws Exception {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder();
        HostJvm host = HostJvm.start(work.arguments("ebpf: {configs: [timers]}\n"))) {
      host.untilUp();
      Process kill = new ProcessBuilder("sh", "-c", "kill -TERM " + host.pid()).start();
      assertThat(kill.waitFor(30, TimeUnit.SECONDS)).isTrue();
      host.until(host::isAlive, alive -> !alive);
      assertThat(host.exitValue()).isEqualTo(128 + 15);
    }
  }
}
