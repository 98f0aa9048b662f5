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
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  /** Both wait for the time that an application has for its own: they wait together. */
  @Test
  void anApplicationWithoutAnMBeanServerGetsOneOrASingleLine() {
    try (WorkFolder work = new WorkFolder()) {
      Path file = work.write("agent.yaml", NO_KERNEL);
      HostJvm.Builder none = HostJvm.builder().options("-D" + HostApp.NO_MBEANS + "=true");
      HostJvm.Builder absent =
          HostJvm.builder()
              .options("-D" + HostApp.NO_MBEANS + "=true")
              .options("-Djavax.management.builder.initial=absent.Builder");
      try (HostJvm host = absent.agent("127.0.0.1:0:" + file).start();
          HostJvm other = none.agent("127.0.0.1:0:" + file).start()) {
        host.untilUp();
        other.untilUp();
        other.scrapeUntil("jvm_threads_current ", "jmx_scrape_error 0.0");
        other.stop();
        host.untilSaid("no MBeans, the JVM has no MBean server");
        assertThat(host.scrape()).contains("ebpf_exporter_build_info{");
        host.stop();
        assertThat(host.err()).filteredOn(line -> line.contains("no MBeans")).hasSize(1);
      }
    }
  }

  /** They are for the application's client_java, if for anybody. */
  @Test
  void settingsOfTheApplicationsOwnPrometheusLibraryChangeNothing() throws Exception {
    try (WorkFolder work = new WorkFolder();
        HostJvm host =
            HostJvm.builder()
                .options("-Dio.prometheus.absent=1", "-Dprometheus.config=/absent")
                .options("-Dio.prometheus.metrics.exemplars_enabled=true")
                .agent(work.arguments(NO_KERNEL))
                .start()) {
      host.untilUp();
      host.scrapeUntil("jvm_threads_current ", "jmx_scrape_error 0.0");
      assertThat(host.threads()).noneMatch(name -> name.startsWith("prometheus"));
      host.stop();
      assertThat(host.err()).noneMatch(line -> line.contains("failed"));
    }
  }

  @Test
  void aJvmWithoutManagementIsToldSo() {
    try (HostJvm host =
        HostJvm.builder()
            .options("--limit-modules", "java.base,java.instrument")
            .options("-D" + HostApp.NO_MBEANS + "=true")
            .agent("127.0.0.1:0")
            .start()) {
      host.untilSaid("lacks the module java.management");
      host.stop();
      assertThat(host.err()).hasSize(1);
    }
  }

  @Test
  void aJvmWithoutTheJdksOwnManagement() {
    try (WorkFolder work = new WorkFolder();
        HostJvm host =
            HostJvm.builder()
                .options(
                    "--limit-modules", "java.base,java.instrument,java.management,jdk.httpserver")
                .agent(work.arguments(NO_KERNEL))
                .start()) {
      host.untilUp();
      host.scrapeUntil("jvm_threads_current ", "jmx_scrape_error 0.0");
      host.stop();
      assertThat(host.err()).noneMatch(line -> line.contains("NoClassDefFoundError"));
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
        // As it is for a moment when somebody writes it.
        work.write("agent.yaml", "");
        host.untilSaid("agent.yaml: it is empty; ");
        assertThat(host.scrape()).contains("ebpf_exporter_build_info{");
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

  /**
   * Runs a command that bpf(2) and perf_event_open(2) are denied to, as a container's runtime does.
   */
  private static final String FILTER =
      """
      import ctypes, os, struct, sys
      bpf, perf = {"x86_64": (321, 298), "aarch64": (280, 241)}[os.uname().machine]
      load, equal, give, refused, allowed = 0x20, 0x15, 0x06, 0x00050001, 0x7FFF0000
      program = b"".join(struct.pack("HBBI", *one) for one in (
          (load, 0, 0, 0), (equal, 1, 0, bpf), (equal, 0, 1, perf), (give, 0, 0, refused), (give, 0, 0, allowed)))
      code = ctypes.create_string_buffer(program)
      filter = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 5, ctypes.addressof(code)))
      prctl = ctypes.CDLL(None).prctl
      assert prctl(38, ctypes.c_ulong(1), *[ctypes.c_ulong(0)] * 3) == 0
      assert prctl(22, ctypes.c_ulong(2), filter, *[ctypes.c_ulong(0)] * 2) == 0
      os.execvp(sys.argv[1], sys.argv[1:])
      """;

  static List<List<String>> refusals() {
    return List.of(
        // Root in a user namespace has all capabilities by name, and bpf(2) gives EPERM.
        List.of("unshare", "--user", "--map-root-user"), List.of("/usr/bin/python3", "-c", FILTER));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void theKernelRefuses(List<String> launcher) {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder();
        HostJvm host =
            HostJvm.builder()
                .under(launcher.toArray(String[]::new))
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
  void fileDescriptorsAreLeftToTheApplication() {
    KernelIsThere.needed();
    try (HostJvm host =
        HostJvm.builder()
            .under("sh", "-c", "ulimit -n 128 && exec \"$@\"", "sh")
            .options(HostJvm.NATIVE_ACCESS)
            .agent("127.0.0.1:0")
            .start()) {
      host.untilUp();
      host.untilSaid(
          "config .*: too few file descriptors are left to the application .* of 128 open.: raise");
      host.untilSaid("[1-9] of .* configs are attached");
      String[] open = new java.io.File("/proc/" + host.pid() + "/fd").list();
      assertThat(open).hasSizeBetween(20, 90);
      assertThat(host.err()).noneMatch(line -> line.contains("EMFILE"));
      host.stop();
    }
  }

  /** The folder for temporary files, which is the working directory as well. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "mount -t tmpfs -o ro none /tmp",
        "mount -t tmpfs -o size=64k none /tmp && ! cat /dev/zero >/tmp/full 2>/dev/null"
      })
  void nothingCanBeWritten(String mount) {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder();
        HostJvm host =
            HostJvm.builder()
                .under("unshare", "--mount", "sh", "-c", mount + " && cd /tmp && exec \"$@\"", "sh")
                .options(HostJvm.NATIVE_ACCESS, "-XX:-UsePerfData")
                .agent(work.arguments("ebpf: {configs: [timers], jfr: true}\n"))
                .start()) {
      host.untilUp();
      host.scrapeUntil(
          "ebpf_exporter_config_attached{name=\"timers\"} 1",
          "jvm_threads_current ",
          "jmx_scrape_error 0.0");
      host.stop();
      assertThat(host.err()).allMatch(line -> line.startsWith("ebpf-agent: "));
    }
  }

  /** A signal when the agent's first class is there, and when it is loading programs. */
  @ParameterizedTest
  @ValueSource(
      strings = {"io.ebpfagent.agent.Agent", "io.ebpfagent.bpf.Libbpf", "io.ebpfagent.attach."})
  void aSignalDuringTheStartEndsIt(String loaded) throws Exception {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder()) {
      Path classes = work.path.resolve("classes.txt");
      try (HostJvm host =
          HostJvm.builder()
              .options(HostJvm.NATIVE_ACCESS, "-Xlog:class+load:file=" + classes)
              .agent("127.0.0.1:0")
              .start()) {
        host.until(() -> text(classes), text -> text.contains(" " + loaded));
        Process kill = new ProcessBuilder("sh", "-c", "kill -TERM " + host.pid()).start();
        assertThat(kill.waitFor(30, TimeUnit.SECONDS)).isTrue();
        host.until(host::isAlive, alive -> !alive);
        assertThat(host.exitValue()).as(host.toString()).isEqualTo(128 + 15);
        assertThat(host.err()).allMatch(line -> line.startsWith("ebpf-agent: "));
      }
    }
  }

  private static String text(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static List<Integer> olderJavas() {
    return Javas.all().keySet().stream().filter(java -> java < 17).toList();
  }

  /** Most machines have none so old: {@link Javas#MORE} names some. */
  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("olderJavas")
  void onJavaBefore17OneLineSaysSo(int version) throws Exception {
    try (WorkFolder work = new WorkFolder()) {
      Path source =
          work.write(
              "OldApp.java",
              """
              class OldApp {
                public static void main(String[] arguments) throws Exception {
                  System.out.println("up");
                  while (System.in.read() >= 0) {}
                  System.out.println("down");
                }
              }
              """);
      Process javac =
          new ProcessBuilder(
                  BIN.resolve("javac").toString(),
                  "--release",
                  "8",
                  "-Xlint:-options",
                  source.toString())
              .inheritIO()
              .start();
      assertThat(javac.waitFor()).isZero();
      try (HostJvm host =
          HostJvm.builder()
              .java(Javas.of(version))
              .agent("127.0.0.1:0")
              .program("-cp", work.path.toString(), "OldApp")
              .start()) {
        host.untilUp();
        host.stop();
        assertThat(host.err())
            .singleElement()
            .asString()
            .startsWith("ebpf-agent: Java 17 or later is needed, this is ");
      }
    }
  }
}
