// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.prometheus.jmx.JmxCollector;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.management.MBeanServer;
import javax.management.MalformedObjectNameException;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * The part of the configuration that the JMX collector reads, and what it says of mistakes. The
 * agent's own MBeans are no part of what is collected.
 */
final class JmxRules {
  /** Read by the agent itself. */
  private static final Set<String> NOT_RULES = Set.of("ebpf", "httpServer", "openTelemetry");

  private static final String INCLUDE = "includeObjectNames";
  private static final String OLD_INCLUDE = "whitelistObjectNames";
  private static final String EXCLUDE = "excludeObjectNames";
  private static final String OLD_EXCLUDE = "blacklistObjectNames";
  private static final String URL = "jmxUrl";
  private static final String START_DELAY = "startDelaySeconds";

  /** The agent's own domain. */
  private final String domain;

  private final Map<String, Object> rules;

  private JmxRules(String domain, Map<String, Object> rules) {
    this.domain = domain;
    this.rules = rules;
  }

  /**
   * Reads the rules of a file.
   *
   * @param domain of the agent's own MBeans
   * @throws IllegalArgumentException names the key that can't be used, and says why
   */
  static JmxRules of(String text, String domain) {
    JmxRules read = new JmxRules(domain, rules(text));
    JmxCollector unused = read.collector(List.of());
    return read;
  }

  /**
   * The MBeans that are asked, as patterns of names: all but the agent's own, unless the file says
   * which ones; then empty.
   */
  List<String> names(MBeanServer server) {
    return rules.containsKey(INCLUDE) || rules.containsKey(OLD_INCLUDE)
        ? List.of()
        : JmxNames.all(server, domain);
  }

  /**
   * A collector by these rules, which collects in {@link PausingConnectorProvider#ask}.
   *
   * @param names as {@link #names} has them
   */
  JmxCollector collector(List<String> names) {
    try {
      return new JmxCollector(
          new Yaml().dump(names.isEmpty() ? excluding(domain + ":*") : with(INCLUDE, names)));
    } catch (MalformedObjectNameException | RuntimeException e) {
      throw new IllegalArgumentException(place(rules) + reason(e), e);
    }
  }

  /** The same, for whoever has waited at the start as long as they say. */
  JmxRules started() {
    Map<String, Object> others = new LinkedHashMap<>(rules);
    others.remove(START_DELAY);
    return new JmxRules(domain, others);
  }

  private Map<String, Object> with(String key, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(rules);
    more.put(key, value);
    return more;
  }

  private static Map<String, Object> rules(String text) {
    Map<String, Object> rules = new LinkedHashMap<>();
    try {
      Object loaded = new Yaml(new SafeConstructor(new LoaderOptions())).load(text);
      if (loaded instanceof Map<?, ?> map) {
        map.forEach((key, value) -> rules.put(String.valueOf(key), value));
      }
    } catch (YAMLException e) {
      throw new IllegalArgumentException(
          String.valueOf(e.getMessage()).strip().replaceAll("\\s+", " "), e);
    }
    rules.keySet().removeAll(NOT_RULES);
    rules.put(URL, PausingConnectorProvider.URL);
    return rules;
  }

  private Map<String, Object> excluding(String pattern) {
    boolean old = rules.containsKey(OLD_EXCLUDE) && !rules.containsKey(EXCLUDE);
    String key = old ? OLD_EXCLUDE : EXCLUDE;
    Object excluded = rules.get(key);
    if (excluded != null && !(excluded instanceof List)) {
      // The collector will say so.
      return rules;
    }
    List<Object> all = new ArrayList<>(excluded instanceof List<?> list ? list : List.of());
    all.add(pattern);
    return with(key, all);
  }

  /** The collector says what is wrong, but not where: each key is tried alone. */
  private static String place(Map<String, Object> rules) {
    for (Map.Entry<String, Object> entry : rules.entrySet()) {
      if (isWrong(entry.getKey(), entry.getValue())) {
        if (entry.getValue() instanceof List<?> items) {
          for (int i = 0; i < items.size(); i++) {
            if (isWrong(entry.getKey(), List.of(items.get(i)))) {
              return entry.getKey() + "[" + i + "]: ";
            }
          }
        }
        return entry.getKey() + ": ";
      }
    }
    return "";
  }

  private static boolean isWrong(String key, Object value) {
    try {
      JmxCollector unused = new JmxCollector(new Yaml().dump(Map.of(key, value)));
      return false;
    } catch (MalformedObjectNameException | RuntimeException e) {
      return true;
    }
  }

  private static String reason(Exception e) {
    String message = String.valueOf(e.getMessage()).strip().replaceAll("\\s+", " ");
    return e instanceof ClassCastException ? "a value of another type is needed" : message;
  }
}
