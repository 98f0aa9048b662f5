// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers, and other agents beside ours. */
@Tag("jvm")
final class ServersIT {
  private static final String OTEL = System.getProperty("ebpfagent.otelAgent", "");

  /** Where WildFly is unpacked: 260 MB that not every run fetches. */
  private static final String WILDFLY_HOME = "EBPFAGENT_WILDFLY_HOME";

  private static final String RULES =
      """
      rules: [{pattern: 'Tomcat<type=Server><>portOffset'}]
      ebpf: {configs: [timers]}
      """;

  private static String tomcatClassPath() throws URISyntaxException {
    List<String> all = new ArrayList<>();
    all.add(HostJvm.classPath());
    for (Class<?> one : List.of(Tomcat.class, jakarta.annotation.PostConstruct.class)) {
      all.add(Path.of(one.getProtectionDomain().getCodeSource().getLocation().toURI()).toString());
    }
    return String.join(File.pathSeparator, all);
  }

  private static HostJvm.Builder tomcat(WorkFolder work) throws URISyntaxException {
    Path file = work.write("agent.yaml", RULES);
    return HostJvm.builder()
        .options(HostJvm.NATIVE_ACCESS, "-Dcatalina.useNaming=false")
        .agent("127.0.0.1:0:" + file)
        .program(
            "-cp",
            tomcatClassPath(),
            TomcatApp.class.getName(),
            work.path.resolve("base").toString());
  }

  private static void assertTomcatRuns(HostJvm host) {
    host.untilUp();
    host.scrapeUntil(
        "Tomcat_Server_portOffset ", "ebpf_exporter_config_attached{name=\"timers\"} 1");
    host.untilSaid("INFO: port \\d+|INFO io.ebpfagent.*port \\d+");
    host.stop();
    assertThat(host.err()).noneMatch(line -> line.contains("Exception"));
  }

  @Test
  void tomcat() throws Exception {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder();
        HostJvm host = tomcat(work).start()) {
      assertTomcatRuns(host);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tomcatWithTheOpenTelemetryAgent(boolean oursFirst) throws Exception {
    KernelIsThere.needed();
    assumeTrue(Files.isReadable(Path.of(OTEL)), "no OpenTelemetry javaagent");
    try (WorkFolder work = new WorkFolder()) {
      HostJvm.Builder builder = oursFirst ? tomcat(work) : HostJvm.builder();
      builder.options(
          "-javaagent:" + OTEL,
          "-Dotel.metrics.exporter=none",
          "-Dotel.logs.exporter=none",
          "-Dotel.traces.exporter=none");
      if (!oursFirst) {
        Path file = work.write("agent.yaml", RULES);
        builder
            .options(HostJvm.NATIVE_ACCESS)
            .agent("127.0.0.1:0:" + file)
            .program(
                "-cp",
                tomcatClassPath(),
                TomcatApp.class.getName(),
                work.path.resolve("base").toString());
      }
      try (HostJvm host = builder.start()) {
        assertTomcatRuns(host);
      }
    }
  }

  /** What the tests' own class path has for it, without anything of the agent's. */
  private static String springClassPath() {
    String all = System.getProperty("surefire.test.class.path", "");
    return Stream.of(all.split(File.pathSeparator, -1))
        .filter(
            path ->
                path.matches(
                    ".*/(spring|tomcat|jakarta|logback|slf4j|jul-to|log4j|commons-logging|micrometer|snakeyaml|jspecify)[^/]*"))
        .collect(Collectors.joining(File.pathSeparator, HostJvm.classPath() + ":", ""));
  }

  @Test
  void springBoot() throws Exception {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder();
        HostJvm host =
            HostJvm.builder()
                .options(HostJvm.NATIVE_ACCESS)
                .agent(
                    work.arguments(
                        """
                        includeObjectNames: ['org.springframework.boot:*']
                        ebpf: {configs: [timers]}
                        """))
                .program("-cp", springClassPath(), SpringApp.class.getName())
                .start()) {
      host.untilUp();
      host.scrapeUntil(
          "org_springframework_boot_Admin_Ready{name=\"SpringApplication\"} 1.0",
          "jvm_threads_current ",
          "ebpf_exporter_config_attached{name=\"timers\"} 1");
      host.end();
      // Its own logging was set up as it has it, and has said so on stdout.
      assertThat(host.out()).anyMatch(line -> line.contains("INFO") && line.contains("Started"));
      assertThat(host.out()).noneMatch(line -> line.contains("ERROR") || line.contains("WARN"));
      assertThat(host.err()).allMatch(line -> line.startsWith("ebpf-agent: "));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"JAVA_OPTS", "MODULE_OPTS"})
  void wildFly(String variable) throws Exception {
    String home = System.getenv(WILDFLY_HOME);
    assumeTrue(home != null, "no " + WILDFLY_HOME);
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder()) {
      Path file =
          work.write(
              "agent.yaml",
              """
              rules: [{pattern: 'jboss.as<management-root=server><>releaseVersion'}, {pattern: 'java.lang<type=Runtime><>Uptime', name: uptime}]
              ebpf: {configs: [timers]}
              """);
      Path base = Path.of(work.copy(Path.of(home, "standalone")).toString());
      HostJvm.Builder builder =
          HostJvm.builder()
              .environment("JAVA_HOME", System.getProperty("java.home"))
              .environment(
                  variable,
                  (variable.equals("JAVA_OPTS") ? HostJvm.NATIVE_ACCESS + " " : "")
                      + "-javaagent:"
                      + HostJvm.AGENT.toAbsolutePath()
                      + "=127.0.0.1:0:"
                      + file)
              .command(
                  Path.of(home, "bin/standalone.sh").toString(),
                  "-Djboss.server.base.dir=" + base,
                  "-Djboss.socket.binding.port-offset=2000");
      if (variable.equals("MODULE_OPTS")) {
        builder.environment("JAVA_OPTS", HostJvm.NATIVE_ACCESS);
      }
      try (HostJvm host = builder.start()) {
        host.until(
            "WildFly's word that it has started",
            host::out,
            lines -> lines.stream().anyMatch(line -> line.contains("WFLYSRV0025")));
        host.scrapeUntil("uptime ", "ebpf_exporter_config_attached{name=\"timers\"} 1");
        assertThat(host.out()).noneMatch(line -> line.contains("WFLYLOG0078"));
        assertThat(Stream.concat(host.out().stream(), host.err().stream()))
            .noneMatch(line -> line.contains("ERROR") || line.contains("Exception"));
        host.destroyAll();
      }
    }
  }
}
