// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds metrics that two configs can't both define. */
final class MetricConflicts {
  private record Definition(String file, String type, Set<String> labels) {
    static Definition of(Config config, Metric metric) {
      List<Label> labels = metric.labels();
      return switch (metric) {
        case Metric.Counter counter -> new Definition(config.yaml(), "counter", names(labels));
        case Metric.Histogram histogram ->
            new Definition(
                config.yaml(),
                "histogram",
                // The last is the bucket, which is le in all of them.
                names(labels.subList(0, Math.max(0, labels.size() - 1))));
      };
    }

    private static Set<String> names(List<Label> labels) {
      return labels.stream().map(Label::name).collect(Collectors.toUnmodifiableSet());
    }

    String describeLabels() {
      return labels.isEmpty()
          ? "without labels"
          : "with labels " + Suggestion.join(labels.stream().sorted().toList());
    }
  }

  private final Map<String, List<Definition>> definitions = new HashMap<>();

  /** Remembers the config's metrics, unless they conflict with those of an earlier config. */
  List<Problem> check(Config config) {
    List<Problem> problems = new ArrayList<>();
    int counters = 0;
    int histograms = 0;
    for (Metric metric : config.metrics()) {
      String path =
          switch (metric) {
            case Metric.Counter counter -> "metrics.counters[" + counters++ + "].name";
            case Metric.Histogram histogram -> "metrics.histograms[" + histograms++ + "].name";
          };
      Definition here = Definition.of(config, metric);
      for (Definition earlier : definitions.getOrDefault(metric.name(), List.of())) {
        String reason = reason(metric.name(), here, earlier);
        if (!reason.isEmpty()) {
          problems.add(new Problem(config.yaml(), 0, path, reason));
        }
      }
    }
    if (problems.isEmpty()) {
      for (Metric metric : config.metrics()) {
        definitions
            .computeIfAbsent(metric.name(), name -> new ArrayList<>())
            .add(Definition.of(config, metric));
      }
    }
    return problems;
  }

  private static String reason(String name, Definition here, Definition earlier) {
    String quoted = Suggestion.quote(name);
    if (!here.type().equals(earlier.type())) {
      return "%s is a %s here and a %s in %s, one name has one type"
          .formatted(quoted, here.type(), earlier.type(), earlier.file());
    }
    if (here.labels().equals(earlier.labels())) {
      return "%s is a %s %s in %s, too; one name needs different labels in each"
          .formatted(quoted, here.type(), here.describeLabels(), earlier.file());
    }
    return "";
  }
}
