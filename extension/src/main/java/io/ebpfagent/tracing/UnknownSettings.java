// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.ebpfagent.config.Suggestion;
import io.opentelemetry.api.incubator.config.DeclarativeConfigProperties;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What is said like a setting and is none: a misspelled one would change nothing, silently. */
final class UnknownSettings {
  private static final String VARIABLES = "OTEL_EBPF_";

  private UnknownSettings() {}

  /**
   * A line for each.
   *
   * @param properties names of system properties, of which only some are meant as settings
   * @param variables names of the environment's, likewise
   * @param file what a configuration file says; null for none
   * @param known settings, without the prefix
   */
  static List<String> lines(
      Collection<String> properties,
      Collection<String> variables,
      @Nullable DeclarativeConfigProperties file,
      Set<String> known) {
    // As OpenTelemetry compares names.
    TreeMap<String, String> byForm =
        known.stream()
            .collect(Collectors.toMap(UnknownSettings::form, n -> n, (a, b) -> a, TreeMap::new));
    List<String> lines = new ArrayList<>();
    Stream.concat(
            given(properties, Settings.PREFIX, ""), given(variables, VARIABLES, "the variable "))
        .filter(name -> !byForm.containsKey(form(name.setting)))
        .forEach(name -> lines.add(name.line(byForm)));
    if (file != null) {
      inFile(file, "", byForm.keySet())
          .map(name -> new Given("ebpf." + name + " in the configuration file", name))
          .forEach(name -> lines.add(name.line(byForm)));
    }
    return lines;
  }

  /** A name as the user has it, and that of the setting that it would be. */
  private record Given(String shown, String setting) {
    String line(TreeMap<String, String> byForm) {
      String nearest = Suggestion.nearest(form(setting), byForm.keySet());
      String meant = nearest == null ? null : byForm.get(nearest);
      return shown
          + ": there is no such setting"
          + (meant == null ? "" : ", did you mean " + Settings.PREFIX + meant + "?");
    }
  }

  private static Stream<Given> given(Collection<String> names, String prefix, String kind) {
    return names.stream()
        .filter(name -> name.startsWith(prefix))
        .sorted()
        .map(name -> new Given(kind + name, name.substring(prefix.length())));
  }

  /** Levels are dots. */
  private static Stream<String> inFile(
      DeclarativeConfigProperties file, String level, Set<String> known) {
    return file.getPropertyKeys().stream()
        .flatMap(
            key -> {
              String name = level + key;
              if (known.contains(form(name))) {
                return Stream.empty();
              }
              boolean isLevel = known.stream().anyMatch(each -> each.startsWith(form(name) + "."));
              DeclarativeConfigProperties below = isLevel ? file.getStructured(key) : null;
              return below == null ? Stream.of(name) : inFile(below, name + ".", known);
            });
  }

  private static String form(String name) {
    return name.toLowerCase(Locale.ROOT).replace('-', '.').replace('_', '.');
  }
}
