// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The agent in a plain application. */
@Tag("jvm")
final class AgentIT {
  @Test
  void theHostSeesOneClass() throws IOException {
    try (ZipFile jar = new ZipFile(HostJvm.AGENT.toFile())) {
      List<String> classes =
          jar.stream().map(ZipEntry::getName).filter(name -> name.endsWith(".class")).toList();
      assertThat(classes).containsExactly("io/ebpfagent/entry/EbpfAgent.class");
      assertThat(java(jar, classes.get(0))).isEqualTo(8);
      assertThat(java(jar, "inst/io/ebpfagent/agent/Agent.classdata")).isEqualTo(17);
      assertThat(java(jar, "inst/io/ebpfagent/inprocess/InProcessEngine.classdata")).isEqualTo(25);
      assertThat(jar.stream())
          .filteredOn(entry -> !entry.isDirectory() && !entry.getName().startsWith("META-INF/"))
          .allMatch(
              entry -> entry.getName().startsWith("inst/") || classes.contains(entry.getName()))
          .allMatch(entry -> entry.getMethod() == ZipEntry.STORED);
    }
  }

  private static int java(ZipFile jar, String name) throws IOException {
    try (DataInputStream in = new DataInputStream(jar.getInputStream(jar.getEntry(name)))) {
      assertThat(in.readInt()).isEqualTo(0xCAFEBABE);
      in.readUnsignedShort();
      return in.readUnsignedShort() - 44;
    }
  }

  @Test
  void kernelComesFirstThenMBeansThenTheJvm() throws IOException {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder()) {
      String file =
          work.write(
                  "agent.yaml",
                  """
                  rules:
                    - {pattern: 'java.lang<type=Runtime><>Uptime', name: uptime_seconds, valueFactor: 0.001}
                  ebpf:
                    configs: [timers, syscalls]
                  """)
              .toString();
      try (HostJvm host = HostJvm.start("127.0.0.1:0:" + file)) {
        host.untilUp();
        String text =
            host.scrapeUntil(
                "ebpf_exporter_syscalls_total{", "uptime_seconds ", "jvm_threads_current ");
        assertThat(text.indexOf("\nebpf_exporter_syscalls_total{"))
            .isPositive()
            .isLessThan(text.indexOf("\nuptime_seconds "));
        assertThat(text)
            .contains("ebpf_exporter_config_attached{name=\"timers\"} 1")
            .contains("ebpf_exporter_build_info{")
            .contains("jmx_scrape_error 0.0")
            .doesNotContain("name=\"biolatency\"");
        assertNamesComeOnce(text);

        HttpResponse<byte[]> open =
            host.send(
                host.request(host.url())
                    .header("Accept", "application/openmetrics-text;version=1.0.0")
                    .header("Accept-Encoding", "gzip"));
        assertThat(open.headers().firstValue("Content-Encoding")).contains("gzip");
        String unpacked =
            new String(
                new GZIPInputStream(new java.io.ByteArrayInputStream(open.body())).readAllBytes(),
                StandardCharsets.UTF_8);
        assertThat(unpacked).endsWith("# EOF\n").containsOnlyOnce("# EOF");
        assertNamesComeOnce(unpacked);

        HttpResponse<byte[]> some =
            host.send(host.request(host.url() + "?name[]=uptime_seconds".replace("[]", "%5B%5D")));
        assertThat(new String(some.body(), StandardCharsets.UTF_8).lines())
            .filteredOn(line -> !line.startsWith("#"))
            .singleElement()
            .asString()
            .startsWith("uptime_seconds ");
        assertThat(
                host.send(host.request(host.url().replace("/metrics", "/-/healthy"))).statusCode())
            .isEqualTo(200);
        host.stop();
        assertThat(host.err()).allMatch(line -> line.startsWith("ebpf-agent: "));
      }
    }
  }

  private static void assertNamesComeOnce(String text) {
    assertThat(text.lines().filter(line -> line.startsWith("# TYPE "))).doesNotHaveDuplicates();
    assertThat(
            text.lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.substring(0, line.lastIndexOf(' '))))
        .doesNotHaveDuplicates();
  }

  /** An upgrade puts another jar in its place: what is read later must not come from there. */
  @ParameterizedTest
  @ValueSource(ints = {17, 25})
  void goesOnWhenItsJarIsReplaced(int version) throws Exception {
    try (WorkFolder work = new WorkFolder()) {
      Path jar = work.copy(HostJvm.AGENT);
      Path file = work.write("agent.yaml", "ebpf: {mbeans: {refresh: 50ms}}\n");
      try (HostJvm host =
          HostJvm.builder()
              .java(Javas.of(version))
              .options("-javaagent:" + jar + "=127.0.0.1:0:" + file)
              .program("-cp", HostJvm.classPath(), LateLookupApp.class.getName())
              .start()) {
        host.url();
        Files.delete(jar);
        Files.writeString(jar, "not a jar");
        work.write("agent.yaml", "rules: [{pattern: '.*'}]\n");
        host.untilSaid("agent.yaml: loaded");
        host.scrapeUntil("java_lang_Runtime_Uptime ", "jvm_threads_current ");
        host.end();
        assertThat(host.out()).containsExactly("up", "io.ebpfagent.http.LogProvider", "down");
      }
    }
  }

  @Test
  void aStrictFileThatCantRunIsRefusedWhileTheOldRuns() {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder();
        HostJvm host = HostJvm.start(work.arguments("ebpf: {configs: [timers]}\n"))) {
      host.untilUp();
      host.scrapeUntil("ebpf_exporter_config_attached{name=\"timers\"} 1");
      work.write("agent.yaml", "ebpf: {configs: [timers, absent], jfr: true, strict: true}\n");
      host.untilSaid("agent.yaml: not loaded, what ran before goes on: ");
      assertThat(host.scrape()).contains("ebpf_exporter_config_attached{name=\"timers\"} 1");
      work.write("agent.yaml", "ebpf: {configs: [timers], jfr: true, strict: true}\n");
      host.untilSaid("agent.yaml: loaded");
      assertThat(host.scrape()).contains("ebpf_exporter_config_attached{name=\"timers\"} 1");
      host.stop();
    }
  }

  @Test
  void withoutArgumentsThereAreMBeansAlone() {
    KernelIsThere.needed();
    try (HostJvm host = HostJvm.start("")) {
      host.untilUp();
      host.untilSaid("configs are attached");
      host.stop();
      assertThat(host.err()).noneMatch(line -> line.contains("metrics at"));
    }
  }

  /** Without a list of one's own, the configs watch this JVM and no other, and a recording. */
  @Test
  void theUsualConfigsWatchThisJvm() throws Exception {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder()) {
      String arguments = work.arguments("ebpf: {jfr: true, mbeans: {refresh: 100ms}}\n");
      try (HostJvm host = HostJvm.start(arguments)) {
        host.untilUp();
        host.scrapeUntil("ebpf_exporter_config_attached{name=\"jvm-gc\"} 1");
        ObjectName memory = new ObjectName("java.lang:type=Memory");
        long before = collections(host.mbeans());
        String text = host.scrape();
        for (int i = 0; i < 5; i++) {
          host.mbeans().invoke(memory, "gc", null, null);
        }
        long beans = collections(host.mbeans()) - before;
        assertThat(beans).isGreaterThanOrEqualTo(5);
        long counted = counted(text);
        assertThat(counted(host.scrape()) - counted).isEqualTo(beans);
        assertThat(host.scrape()).contains("ebpf_exporter_jvm_offcpu_seconds_count{thread=\"");

        Path recording = work.path.resolve("recording.jfr");
        jcmd(host, "JFR.start", "name=test");
        host.until(
            () -> {
              jcmd(host, "JFR.dump", "name=test", "filename=" + recording);
              return offCpu(recording);
            },
            found -> found > 0);
        host.stop();
      }
    }
  }

  private static long collections(MBeanServerConnection beans) throws Exception {
    long count = 0;
    for (ObjectName collector :
        beans.queryNames(new ObjectName("java.lang:type=GarbageCollector,*"), null)) {
      count += (Long) beans.getAttribute(collector, "CollectionCount");
    }
    return count;
  }

  private static long counted(String text) {
    return text.lines()
        .filter(line -> line.startsWith("ebpf_exporter_jvm_gc_collection_seconds_count{"))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static void jcmd(HostJvm host, String... command) {
    try {
      List<String> all = new ArrayList<>();
      all.add(Path.of(System.getProperty("java.home"), "bin/jcmd").toString());
      all.add(String.valueOf(host.pid()));
      all.addAll(List.of(command));
      Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(out).isZero();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static long offCpu(Path recording) {
    try {
      return RecordingFile.readAllEvents(recording).stream()
          .filter(
              event -> event.getEventType().getName().toLowerCase(Locale.ROOT).contains("offcpu"))
          .count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void argumentsThatAreNoneAreSaidAndTheApplicationRuns() {
    try (HostJvm host = HostJvm.start("127.0.0.1:99999:x.yaml")) {
      host.untilUp();
      assertThat(host.untilSaid("does not run")).contains("no port: 99999");
      host.stop();
    }
  }

  @Test
  void attachedToAJvmThatRuns() throws Exception {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder();
        HostJvm host =
            HostJvm.builder()
                .options(HostJvm.NATIVE_ACCESS, "-XX:+EnableDynamicAgentLoading")
                .start()) {
      host.untilUp();
      var machine = com.sun.tools.attach.VirtualMachine.attach(String.valueOf(host.pid()));
      machine.loadAgent(
          HostJvm.AGENT.toAbsolutePath().toString(),
          work.arguments("ebpf: {configs: [syscalls]}\n"));
      host.scrapeUntil("ebpf_exporter_syscalls_total{", "jvm_threads_current ");
      machine.loadAgent(HostJvm.AGENT.toAbsolutePath().toString(), "127.0.0.1:0");
      assertThat(host.untilSaid("already")).contains("ignored: 127.0.0.1:0");
      machine.detach();
      host.stop();
    }
  }
}
