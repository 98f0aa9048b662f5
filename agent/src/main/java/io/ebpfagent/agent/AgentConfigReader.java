// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.config.ConfigException;
import io.ebpfagent.config.GoDuration;
import io.ebpfagent.config.Problem;
import io.ebpfagent.config.Problems;
import io.ebpfagent.config.YamlDocument;
import io.ebpfagent.config.YamlMap;
import io.ebpfagent.config.YamlValue;
import io.ebpfagent.mbean.MBeanSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the agent's file, all but what the JMX collector reads of it. */
final class AgentConfigReader {
  /** jmx_exporter's, the old names included, and ours. */
  private static final List<String> KEYS =
      List.of(
          "ebpf",
          "httpServer",
          "openTelemetry",
          "startDelaySeconds",
          "lowercaseOutputName",
          "lowercaseOutputLabelNames",
          "inferCounterTypeFromName",
          "excludeJvmMetrics",
          "includeObjectNames",
          "excludeObjectNames",
          "whitelistObjectNames",
          "blacklistObjectNames",
          "includeObjectNameAttributes",
          "excludeObjectNameAttributes",
          "autoExcludeObjectNameAttributes",
          "rules",
          "metricCustomizers",
          "hostPort",
          "jmxUrl",
          "username",
          "password",
          "ssl");

  private static final List<String> REMOTE = List.of("hostPort", "jmxUrl");
  private static final Pattern DOMAIN = Pattern.compile("[^:*?,=\"\\s]+");

  /** Of the JVM's own MBeans. */
  private static final Set<String> TAKEN =
      Set.of(
          "JMImplementation",
          "com.sun.management",
          "java.lang",
          "java.nio",
          "java.util.logging",
          "jdk.management",
          "jdk.management.jfr");

  private static final int MOST_SERIES = 100_000;

  private AgentConfigReader() {}

  /**
   * Reads a file.
   *
   * @throws ConfigException with all that is wrong with it
   */
  static AgentConfig read(Path file) throws ConfigException {
    try (InputStream yaml = Files.newInputStream(file)) {
      return read(file.toString(), yaml);
    } catch (IOException e) {
      String reason =
          e instanceof NoSuchFileException ? "no such file" : "can't be read: " + e.getMessage();
      throw new ConfigException(List.of(new Problem(file.toString(), 0, "", reason)));
    }
  }

  static AgentConfig read(String name, InputStream yaml) throws ConfigException, IOException {
    Problems problems = new Problems(name);
    String text = YamlDocument.text(yaml, problems);
    YamlMap map = text == null ? null : YamlDocument.parse(text, null, problems);
    AgentConfig config = AgentConfig.USUAL;
    if (text != null && map != null) {
      config = read(text, map);
    }
    if (problems.hasErrors()) {
      throw problems.asException();
    }
    return new AgentConfig(
        config.text(),
        config.kernel(),
        config.mbeans(),
        config.endpoint(),
        config.jvmMetrics(),
        problems.inOrder());
  }

  private static AgentConfig read(String text, YamlMap file) {
    file.allow(KEYS);
    for (String key : REMOTE) {
      if (file.keys().contains(key)) {
        file.error(key, "is for another JVM, an agent watches its own");
      }
    }
    if (file.get("openTelemetry") != null) {
      file.warning(
          "openTelemetry",
          "is ignored, metrics go out over OTLP by ebpf-otel-extension.jar in OpenTelemetry's agent");
    }
    YamlMap ours = file.map("ebpf");
    YamlMap http = file.map("httpServer");
    return new AgentConfig(
        text,
        ours == null ? AgentConfig.USUAL.kernel() : kernel(ours),
        ours == null ? MBeanSettings.USUAL : mbeans(ours),
        http == null ? EndpointSettings.USUAL : HttpServerReader.read(http),
        !file.flag("excludeJvmMetrics"),
        List.of());
  }

  private static KernelSettings kernel(YamlMap ours) {
    ours.allow(List.of("configs", "configDir", "strict", "pinned", "mbeans", "jfr"));
    YamlValue configs = ours.get("configs");
    return new KernelSettings(
        configs == null ? List.of() : texts(configs),
        path(ours, "configDir"),
        ours.flag("strict"),
        path(ours, "pinned"),
        ours.flag("jfr"));
  }

  private static Optional<Path> path(YamlMap map, String key) {
    return map.text(key).filter(text -> !text.isBlank()).map(Path::of);
  }

  private static MBeanSettings mbeans(YamlMap ours) {
    YamlMap map = ours.map("mbeans");
    MBeanSettings usual = MBeanSettings.USUAL;
    if (map == null) {
      return usual;
    }
    map.allow(List.of("domain", "maxSeries", "refresh"));
    String domain = map.text("domain").orElse(usual.domain());
    if (!DOMAIN.matcher(domain).matches()) {
      map.error("domain", "must be a JMX domain, without any of : * ? , = \" and blanks");
    } else if (TAKEN.contains(domain)) {
      map.error("domain", "\"" + domain + "\" has the JVM's own MBeans, choose another");
    }
    return new MBeanSettings(
        domain,
        (int) map.whole("maxSeries", 0, MOST_SERIES, usual.maxSeries()),
        duration(map, "refresh", usual.refresh()));
  }

  private static Duration duration(YamlMap map, String key, Duration usual) {
    Optional<String> text = map.text(key);
    if (map.get(key) == null || text.isEmpty()) {
      return usual;
    }
    Optional<Duration> duration = GoDuration.parse(text.get()).filter(d -> !d.isNegative());
    if (duration.isEmpty()) {
      map.error(key, "must be a duration, such as 1s or 500ms");
    }
    return duration.orElse(usual);
  }

  /** A list of texts, or one text with commas. */
  static List<String> texts(@Nullable YamlValue value) {
    List<String> texts = new ArrayList<>();
    if (value == null) {
      return texts;
    }
    if (value.isList()) {
      value.list().forEach(item -> item.text().ifPresent(texts::add));
      return texts;
    }
    value.text().ifPresent(text -> texts.addAll(List.of(text.strip().split("\\s*,\\s*", -1))));
    return texts;
  }
}
