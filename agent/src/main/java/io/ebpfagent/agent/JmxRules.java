// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.prometheus.jmx.JmxCollector;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.management.MalformedObjectNameException;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** The part of the configuration that the JMX collector reads, and what it says of mistakes. */
final class JmxRules {
  /** Read by the agent itself. */
  private static final Set<String> NOT_RULES = Set.of("ebpf", "httpServer", "openTelemetry");

  private static final String EXCLUDE = "excludeObjectNames";
  private static final String OLD_EXCLUDE = "blacklistObjectNames";

  private JmxRules() {}

  /**
   * A collector by the file's rules, which doesn't show the agent's own MBeans once more.
   *
   * @param domain of the agent's own
   * @throws IllegalArgumentException names the key that can't be used, and says why
   */
  static JmxCollector collector(String text, String domain) {
    Map<String, Object> rules = rules(text);
    try {
      return new JmxCollector(new Yaml().dump(excluding(rules, domain + ":*")));
    } catch (MalformedObjectNameException | RuntimeException e) {
      throw new IllegalArgumentException(place(rules) + reason(e), e);
    }
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
    return rules;
  }

  private static Map<String, Object> excluding(Map<String, Object> rules, String pattern) {
    boolean old = rules.containsKey(OLD_EXCLUDE) && !rules.containsKey(EXCLUDE);
    String key = old ? OLD_EXCLUDE : EXCLUDE;
    Object excluded = rules.get(key);
    if (excluded != null && !(excluded instanceof List)) {
      // The collector will say so.
      return rules;
    }
    List<Object> all = new ArrayList<>(excluded instanceof List<?> list ? list : List.of());
    all.add(pattern);
    Map<String, Object> more = new LinkedHashMap<>(rules);
    more.put(key, all);
    return more;
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
