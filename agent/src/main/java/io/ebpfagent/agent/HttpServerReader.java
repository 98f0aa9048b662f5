// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.config.YamlMap;
import io.ebpfagent.config.YamlValue;
import io.ebpfagent.http.Tls;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads jmx_exporter's section {@code httpServer}. */
final class HttpServerReader {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^}]+)}");
  private static final int MOST_THREADS = 256;
  private static final int YEAR_SECONDS = 366 * 24 * 3600;

  private HttpServerReader() {}

  static EndpointSettings read(YamlMap http) {
    http.allow(List.of("metrics", "threads", "authentication", "ssl"));
    YamlMap metrics = http.map("metrics");
    YamlMap authentication = http.map("authentication");
    YamlMap ssl = http.map("ssl");
    if (authentication != null) {
      authentication.allow(List.of("basic", "plugin"));
    }
    YamlMap basic = authentication == null ? null : authentication.map("basic");
    YamlMap plugin = authentication == null ? null : authentication.map("plugin");
    if (authentication != null && basic != null && plugin != null) {
      authentication.error("plugin", "there is basic already, one of the two decides");
    }
    return new EndpointSettings(
        metrics == null ? EndpointSettings.PATH : path(metrics),
        answers(http.map("threads")),
        basic == null ? Optional.empty() : basic(basic),
        plugin == null ? Optional.empty() : Optional.of(plugin(plugin)),
        ssl == null ? Optional.empty() : tls(ssl));
  }

  private static String path(YamlMap metrics) {
    metrics.allow(List.of("path"));
    String path = metrics.text("path").orElse(EndpointSettings.PATH);
    if (!path.startsWith("/")) {
      metrics.error("path", "must begin with /");
    }
    return path;
  }

  /** A thread is there while there is something to answer, whatever the least number. */
  private static int answers(@Nullable YamlMap threads) {
    if (threads == null) {
      return 0;
    }
    threads.allow(List.of("minimum", "maximum", "keepAliveTime"));
    long unused = threads.whole("minimum", 0, MOST_THREADS, 1);
    long ignored = threads.whole("keepAliveTime", 1, YEAR_SECONDS, 120);
    return (int) threads.whole("maximum", 1, MOST_THREADS, 10);
  }

  private static Optional<BasicSettings> basic(YamlMap basic) {
    basic.allow(
        List.of(
            "username",
            "password",
            "algorithm",
            "passwordHash",
            "salt",
            "iterations",
            "keyLength"));
    YamlValue given = basic.get("algorithm");
    String algorithm =
        given == null
            ? BasicSettings.PLAIN
            : given.oneOf(BasicSettings.ALGORITHMS).orElse(BasicSettings.PLAIN);
    boolean plain = algorithm.equals(BasicSettings.PLAIN);
    if (given != null && plain && !given.text().equals(Optional.of(BasicSettings.PLAIN))) {
      return Optional.empty();
    }
    String user = basic.required("username");
    String secret = basic.required(plain ? "password" : "passwordHash");
    BasicSettings settings =
        new BasicSettings(
            resolved(basic, "username", user),
            algorithm,
            resolved(basic, plain ? "password" : "passwordHash", secret),
            plain ? "" : basic.required("salt"),
            (int)
                basic.whole(
                    "iterations", 1, Integer.MAX_VALUE, BasicSettings.iterations(algorithm)),
            (int) basic.whole("keyLength", 1, 1 << 20, BasicSettings.KEY_BYTES));
    if (!secret.isEmpty()) {
      try {
        var unused = settings.check();
      } catch (IllegalArgumentException e) {
        basic.error("passwordHash", "is no hash: " + e.getMessage());
      }
    }
    return Optional.of(settings);
  }

  private static EndpointSettings.PluginSettings plugin(YamlMap plugin) {
    plugin.allow(List.of("class", "subjectAttributeName"));
    if (plugin.get("subjectAttributeName") != null) {
      plugin.warning("subjectAttributeName", "is ignored, the agent reads MBeans as itself");
    }
    return new EndpointSettings.PluginSettings(plugin.required("class"));
  }

  private static Optional<Tls> tls(YamlMap ssl) {
    ssl.allow(
        List.of("keyStore", "trustStore", "certificate", "mutualTLS", "protocols", "ciphers"));
    YamlMap certificate = ssl.map("certificate");
    if (certificate != null) {
      certificate.allow(List.of("alias"));
    }
    Tls.Store keys = store(ssl, "keyStore");
    if (keys == null) {
      ssl.error("keyStore", "missing, needs filename and password, or javax.net.ssl.keyStore");
      return Optional.empty();
    }
    return Optional.of(
        new Tls(
            keys,
            certificate == null ? null : certificate.text("alias").orElse(null),
            store(ssl, "trustStore"),
            ssl.flag("mutualTLS"),
            AgentConfigReader.texts(ssl.get("protocols")),
            AgentConfigReader.texts(ssl.get("ciphers"))));
  }

  /** What the file does not say is as it is for the whole JVM. */
  private static Tls.@Nullable Store store(YamlMap ssl, String key) {
    YamlMap store = ssl.map(key);
    String usual = "javax.net.ssl." + key;
    if (store != null) {
      store.allow(List.of("filename", "type", "password"));
    }
    String file = text(store, "filename", usual);
    return file == null
        ? null
        : new Tls.Store(
            Path.of(file),
            text(store, "type", usual + "Type"),
            text(store, "password", usual + "Password"));
  }

  private static @Nullable String text(@Nullable YamlMap store, String key, String property) {
    Optional<String> text =
        store == null || store.get(key) == null ? Optional.empty() : store.text(key);
    return text.isPresent() && store != null
        ? resolved(store, key, text.get())
        : System.getProperty(property);
  }

  /** {@code ${NAME}} stands for a variable of the environment. */
  private static String resolved(YamlMap map, String key, String text) {
    Matcher variable = VARIABLE.matcher(text.strip());
    if (!variable.matches()) {
      return text;
    }
    String value = System.getenv(variable.group(1));
    if (value == null || value.isEmpty()) {
      map.error(key, "no such variable in the environment: " + variable.group(1));
      return "";
    }
    return value;
  }
}
