// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.config.ConfigException;
import io.ebpfagent.config.Problem;
import io.ebpfagent.mbean.MBeanSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AgentConfigReaderTest {
  private static AgentConfig read(String text) throws ConfigException {
    try {
      return AgentConfigReader.read("agent.yaml", new ByteArrayInputStream(text.getBytes(UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> problems(String text) {
    try {
      return read(text).warnings().stream().map(Problem::toString).toList();
    } catch (ConfigException e) {
      return e.problems().stream().map(Problem::toString).toList();
    }
  }

  @Test
  void anEmptyFileIsTheUsual() throws ConfigException {
    assertThat(read("")).isEqualTo(AgentConfig.USUAL);
    assertThat(read("# nothing\n")).isEqualTo(AgentConfig.USUAL);
  }

  @Test
  void aFileWithoutAnEndIsRefused() {
    assertThatThrownBy(() -> AgentConfigReader.read(Path.of("/dev/zero")))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e ->
                assertThat(e.problems())
                    .singleElement()
                    .asString()
                    .startsWith("/dev/zero: is larger than "));
  }

  @Test
  void readsOurSection() throws ConfigException {
    AgentConfig config =
        read(
            """
            excludeJvmMetrics: true
            ebpf:
              configs: [timers, mine]
              configDir: /etc/ebpf-agent
              strict: true
              pinned: /sys/fs/bpf/exporter
              mbeans: {domain: kernel, maxSeries: 10, refresh: 500ms}
              jfr: yes
            """);
    assertThat(config.kernel().configs()).containsExactly("timers", "mine");
    assertThat(config.kernel().configDir()).contains(Path.of("/etc/ebpf-agent"));
    assertThat(config.kernel().strict()).isTrue();
    assertThat(config.kernel().pinned()).contains(Path.of("/sys/fs/bpf/exporter"));
    assertThat(config.kernel().jfr()).isTrue();
    assertThat(config.mbeans()).isEqualTo(new MBeanSettings("kernel", 10, Duration.ofMillis(500)));
    assertThat(config.jvmMetrics()).isFalse();
    assertThat(config.warnings()).isEmpty();
  }

  @Test
  void aFileOfJmxExportersIsTakenAsItIs() {
    assertThat(
            problems(
                """
                startDelaySeconds: 0
                lowercaseOutputName: false
                whitelistObjectNames: ["java.lang:*"]
                rules: [{pattern: ".*", name: x, name: y}]
                httpServer:
                  metrics: {path: /m}
                  threads: {minimum: 1, maximum: 3, keepAliveTime: 10}
                """))
        .isEmpty();
  }

  @Test
  void whatIsWrongIsSaidWithTheNearestKey() {
    assertThat(problems("ebpf: {confgs: [timers], mbeans: {max: 1}}\nebfp: {}\n"))
        .containsExactly(
            "agent.yaml:1: ebpf.confgs: unknown key, did you mean \"configs\"?",
            "agent.yaml:1: ebpf.mbeans.max: unknown key, did you mean \"maxSeries\"?",
            "agent.yaml:2: ebfp: unknown key, did you mean \"ebpf\"?");
    assertThat(problems("jmxUrl: service:x\n"))
        .containsExactly("agent.yaml:1: jmxUrl: is for another JVM, an agent watches its own");
    assertThat(problems("openTelemetry: {endpoint: 'http://x'}\n"))
        .containsExactly(
            "agent.yaml:1: openTelemetry: is ignored, metrics go out over OTLP by"
                + " ebpf-otel-extension.jar in OpenTelemetry's agent");
    assertThat(problems("ebpf: {mbeans: {refresh: soon, domain: 'a:b'}}\n"))
        .containsExactly(
            "agent.yaml:1: ebpf.mbeans.domain: must be a JMX domain, without any of : * ? , = \" and"
                + " blanks",
            "agent.yaml:1: ebpf.mbeans.refresh: must be a duration, such as 1s or 500ms");
    assertThat(problems("ebpf: {mbeans: {domain: java.lang}}\n"))
        .containsExactly(
            "agent.yaml:1: ebpf.mbeans.domain: \"java.lang\" has the JVM's own MBeans, choose"
                + " another");
    assertThat(problems("- a\n")).containsExactly("agent.yaml:1: must be a mapping, found a list");
  }

  @Test
  void aSubjectIsIgnoredAndTheClassIsNot() throws ConfigException {
    String text =
        """
        httpServer:
          authentication:
            plugin: {class: a.Plugin, subjectAttributeName: a.subject}
        """;
    assertThat(problems(text))
        .containsExactly(
            "agent.yaml:3: httpServer.authentication.plugin.subjectAttributeName: is ignored, the"
                + " agent reads MBeans as itself");
    assertThat(read(text).endpoint().plugin())
        .contains(new EndpointSettings.PluginSettings("a.Plugin"));
    assertThat(problems("httpServer: {authentication: {plugin: {subjectAttributeName: x}}}\n"))
        .contains("agent.yaml:1: httpServer.authentication.plugin.class: missing");
  }

  @Test
  void mistakesInHttpServerAreErrors() {
    assertThat(problems("httpServer: {authentication: {basic: {username: u}}}\n"))
        .containsExactly("agent.yaml:1: httpServer.authentication.basic.password: missing");
    assertThat(
            problems(
                "httpServer: {authentication: {basic: {username: u, algorithm: SHA-256,"
                    + " passwordHash: xyz, salt: s}}}\n"))
        .singleElement()
        .asString()
        .contains("passwordHash: is no hash");
    assertThat(problems("httpServer: {authentication: {basic: {username: u, algorithm: MD5}}}\n"))
        .singleElement()
        .asString()
        .contains("algorithm: unknown type \"MD5\"");
    assertThat(problems("httpServer: {ssl: {certificate: {alias: x}}}\n"))
        .singleElement()
        .asString()
        .contains("httpServer.ssl.keyStore: missing");
  }
}
