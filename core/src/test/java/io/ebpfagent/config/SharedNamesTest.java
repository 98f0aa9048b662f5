// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static io.ebpfagent.config.ConfigSetTest.COUNTER;
import static io.ebpfagent.config.ConfigSetTest.names;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Names of metrics that two configs of a set have. */
final class SharedNamesTest {
  private static final String HISTOGRAM =
      """
      metrics:
        counters: [{name: other, help: h}]
        histograms:
          - name: a
            help: h
            bucket_type: exp2
            bucket_max: 4
            labels: [%s{name: %s, size: 8, decoders: [{name: uint}]}]
      """;

  private static String counter(String... labels) {
    StringBuilder yaml = new StringBuilder("metrics: {counters: [{name: a, help: h, labels: [");
    for (String label : labels) {
      yaml.append("{name: ").append(label).append(", size: 8, decoders: [{name: uint}]},");
    }
    return yaml.append("]}]}").toString();
  }

  private static List<String> messages(ConfigSet set) {
    return set.problems().stream().map(Problem::toString).toList();
  }

  private static ConfigSet set(String first, String second) throws ConfigException {
    return ConfigSet.builder()
        .add(TestConfig.load("first", first))
        .add(TestConfig.load("second", second))
        .build();
  }

  @Test
  void twoConfigsShareANameWithOtherLabels() throws Exception {
    String kind = "{name: kind, size: 8, decoders: [{name: uint}]}, ";
    assertThat(set(counter(), counter("kind")).problems()).isEmpty();
    assertThat(set(counter("a", "b"), counter("a")).problems()).isEmpty();
    assertThat(
            set(HISTOGRAM.formatted("", "b").replace("other", "b"), HISTOGRAM.formatted(kind, "b"))
                .problems())
        .isEmpty();
  }

  @Test
  void twoConfigsShareANameWithTheSameLabels() throws Exception {
    ConfigSet set = set(counter("x", "y"), counter("y", "x"));
    assertThat(set.findings()).isEmpty();
    assertThat(names(set)).containsExactly("first", "second");
    String histogram = HISTOGRAM.replace("other", "b");
    assertThat(set(histogram.formatted("", "bucket"), histogram.formatted("", "slot")).findings())
        .isEmpty();
  }

  @Test
  void oneNameHasOneType() throws Exception {
    assertThat(names(set(counter(), HISTOGRAM.formatted("", "bucket")))).containsExactly("first");
    assertThat(messages(set(counter(), HISTOGRAM.formatted("", "bucket"))))
        .containsExactly(
            "second.yaml: metrics.histograms[0].name: \"a\" is a histogram here and a counter in"
                + " first.yaml, one name has one type");
  }

  @Test
  void namesThatClashInAnExpositionAreRefused() throws Exception {
    ConfigSet set = set(COUNTER.formatted("ops"), COUNTER.formatted("ops_total"));
    assertThat(names(set)).containsExactly("first");
    assertThat(messages(set))
        .containsExactly(
            "second.yaml: metrics.counters[0].name: \"ops_total\" clashes with \"ops\" of"
                + " first.yaml: both take the name ops_total");
  }

  @Test
  void aConfigLeftOutConflictsWithNone() throws Exception {
    ConfigSet set =
        ConfigSet.builder()
            .add(TestConfig.load("first", COUNTER.formatted("a")))
            .add(
                TestConfig.load(
                    "second",
                    "metrics: {counters: [{name: a_total, help: h}, {name: b, help: h}]}"))
            .add(TestConfig.load("third", COUNTER.formatted("b_total")))
            .build();
    assertThat(set.names()).containsExactly("first", "second", "third");
    assertThat(names(set)).containsExactly("first", "third");
    assertThat(set.problems()).hasSize(1);
  }
}
