// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.management.MBeanServer;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/**
 * Which MBeans are worth asking. To ask a server for "all" has each one describe itself, and two of
 * the JDK's take longer for that than all others together. Of a third, the attributes take long.
 * None of the three has one that can be a metric.
 */
final class JmxNames {
  private static final Set<String> TELL_NOTHING =
      Set.of(
          "com.sun.management:type=DiagnosticCommand",
          "com.sun.management:type=HotSpotDiagnostic",
          "jdk.management.jfr:type=FlightRecorder");

  /** With more domains than these, "all" is cheaper than one after the other. */
  private static final int MOST_DOMAINS = 100;

  private JmxNames() {}

  /**
   * Patterns for all MBeans but those.
   *
   * @param but a domain of which none are wanted
   * @return empty where they would be too many
   */
  static List<String> all(MBeanServer server, String but) {
    String[] domains = server.getDomains();
    if (domains.length > MOST_DOMAINS) {
      return List.of();
    }
    Arrays.sort(domains);
    List<String> patterns = new ArrayList<>();
    for (String domain : domains) {
      if (TELL_NOTHING.stream().anyMatch(name -> name.startsWith(domain + ":"))) {
        others(server, domain, patterns);
      } else if (!domain.equals(but)) {
        patterns.add(domain + ":*");
      }
    }
    return patterns;
  }

  private static void others(MBeanServer server, String domain, List<String> patterns) {
    try {
      server.queryNames(new ObjectName(domain + ":*"), null).stream()
          .map(ObjectName::getCanonicalName)
          .filter(name -> !TELL_NOTHING.contains(name))
          .sorted()
          .forEach(patterns::add);
    } catch (MalformedObjectNameException e) {
      throw new IllegalStateException(e);
    }
  }
}
