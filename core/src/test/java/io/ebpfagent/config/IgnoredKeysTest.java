// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Settings that the Go exporter ignores: the config runs as if they were absent, and a warning says
 * where they are.
 */
final class IgnoredKeysTest {
  /** A valid file with a marker line, at which a text is inserted. */
  private static final String PLAIN =
      """
      kaddrs: [jiffies] #top
      cgroup_id_map: {name: m, regexps: [a] #map
        }
      tracing: { #tracing
        spans: [{ringbuf: r, labels: [{name: a, size: 4, decoders: [{name: uint}]}] #span
        }]}
      metrics: #metrics
        counters:
        - name: a
          help: h #counter
          labels:
          - name: l
            size: 8 #label
            decoders:
            - name: uint #uint
            - name: static_map
              static_map: {1: a} #static_map
            - name: regexp
              regexps: [a] #regexp
            - name: btf_enum
              enum: e #btf_enum
            - name: hex #hex
        histograms:
        - name: b
          help: h
          bucket_type: exp2
          bucket_max: 3 #exp2
          labels: [{name: b, size: 4, decoders: [{name: uint}]}]
        - name: c
          help: h
          bucket_type: fixed
          bucket_keys: [1] #fixed
          labels: [{name: b, size: 4, decoders: [{name: uint}]}]
      """;

  static Stream<Arguments> keys() {
    String top = "unknown key, known here: metrics, tracing, kaddrs, cgroup_id_map";
    String label = "metrics.counters[0].labels[0].";
    return Stream.of(
        arguments("top", "name: sample", "name: " + top),
        arguments("top", "programs: []", "programs: " + top),
        arguments("top", "kaddr: []", "kaddr: unknown key, did you mean \"kaddrs\"?"),
        arguments("top", "k".repeat(100) + ": 1", "[\"" + "k".repeat(80) + "…\"]: " + top),
        arguments("top", "x-labels: &a [{name: [], size: x}]", "x-labels: " + top),
        arguments("top", "x-tag: !!javax.script.ScriptEngineManager []", "x-tag: " + top),
        arguments(
            "map", ", regexp: [a]", "cgroup_id_map.regexp: unknown key, did you mean \"regexps\"?"),
        arguments("tracing", "span: [],", "tracing.span: unknown key, did you mean \"spans\"?"),
        arguments(
            "span",
            ", help: h",
            "tracing.spans[0].help: unknown key, known here: name, ringbuf, service, labels"),
        arguments(
            "metrics",
            "  countres: []",
            "metrics.countres: unknown key, did you mean \"counters\"?"),
        arguments(
            "metrics",
            "  gauges: []",
            "metrics.gauges: unknown key, known here: counters, histograms"),
        arguments(
            "counter",
            "    lables: []",
            "metrics.counters[0].lables: unknown key, did you mean \"labels\"?"),
        arguments(
            "counter",
            "    table: t",
            "metrics.counters[0].table: unknown key, known here: name, help, labels,"
                + " perf_event_array, flush_interval"),
        arguments("label", "      siz: 4", label + "siz: unknown key, did you mean \"size\"?"),
        arguments(
            "label",
            "      allow_unknown: true",
            label + "allow_unknown: unknown key, known here: name, size, padding, decoders"),
        arguments(
            "uint",
            "        static_map: {1: a}",
            label + "decoders[0].static_map: is a setting of static_map, not of uint"),
        arguments(
            "hex",
            "        allow_unknown: 5",
            label + "decoders[4].allow_unknown: is a setting of static_map, not of hex"),
        arguments(
            "static_map",
            "        enum: e",
            label + "decoders[1].enum: is a setting of btf_enum, not of static_map"),
        arguments(
            "btf_enum",
            "        trm: x",
            label + "decoders[3].trm: unknown key, did you mean \"trim\"?"),
        arguments(
            "regexp",
            "        regexp: [a]",
            label + "decoders[2].regexp: unknown key, did you mean \"regexps\"?"),
        arguments(
            "exp2",
            "    perf_event_array: true",
            "metrics.histograms[0].perf_event_array: unknown key, known here: name, help, labels,"
                + " bucket_type, bucket_min, bucket_max, bucket_multiplier, bucket_keys"),
        arguments(
            "exp2",
            "    bucket_keys: [x]",
            "metrics.histograms[0].bucket_keys: is only for bucket_type fixed"),
        arguments(
            "fixed",
            "    bucket_min: x",
            "metrics.histograms[1].bucket_min: is not for bucket_type fixed, which has bucket_keys"),
        arguments(
            "fixed",
            "    bucket_max: 0",
            "metrics.histograms[1].bucket_max: is not for bucket_type fixed, which has bucket_keys"));
  }

  @ParameterizedTest
  @MethodSource
  void keys(String mark, String added, String message) throws Exception {
    String marker = " #" + mark + "\n";
    int line = 1 + (int) PLAIN.substring(0, PLAIN.indexOf(marker)).lines().count();
    // Two blanks more than the text's own place in its block.
    String yaml = PLAIN.replace(marker, marker + added + "\n");
    assertRunsLikePlain(yaml, "test.yaml:" + line + ": " + message);
  }

  private static void assertRunsLikePlain(String yaml, String warning) throws Exception {
    Config plain = TestConfig.load(PLAIN);
    assertThat(plain.warnings()).isEmpty();
    Config config = TestConfig.load(yaml);
    assertThat(config.warnings()).extracting(Problem::toString).containsExactly(warning);
    assertThat(config.warnings())
        .extracting(Problem::severity)
        .containsOnly(Problem.Severity.WARNING);
    assertThat(config.metrics()).isEqualTo(plain.metrics());
    assertThat(config.spans()).isEqualTo(plain.spans());
    assertThat(config.kaddrs()).isEqualTo(plain.kaddrs());
    assertThat(config.cgroupIdMap()).isEqualTo(plain.cgroupIdMap());
  }

  static Stream<String> tails() {
    return Stream.of("", "\n", "# The end.", "metrics: {}\n", "metrics: {counters: [", "@");
  }

  /** The second document may be empty, a config or not even YAML. */
  @ParameterizedTest
  @MethodSource("tails")
  void aSecondDocument(String tail) throws Exception {
    assertRunsLikePlain(
        PLAIN + "--- " + tail,
        "test.yaml:34: a second document begins here and is not read, a config is one");
  }

  @Test
  void anEmptyCgroupIdMap() throws Exception {
    Config config =
        TestConfig.load("metrics: {counters: [{name: a, help: h}]}\ncgroup_id_map: {}\n");
    assertThat(config.cgroupIdMap()).isEmpty();
    assertThat(config.warnings())
        .extracting(Problem::toString)
        .containsExactly("test.yaml:2: cgroup_id_map: is empty, no map is filled");
  }

  @Test
  void anchorsUnderAKeyThatIsIgnored() throws Exception {
    Config config =
        TestConfig.load(
            """
            x-defaults:
              key: &key {size: 8, decoders: [{name: uint}]}
              counter: &counter {help: h, labels: [{name: l, <<: *key}]}
            metrics:
              counters:
                - {name: a, <<: *counter}
            """);
    assertThat(config.metrics().getFirst().labels())
        .containsExactly(new Label("l", 8, 0, List.of(DecoderSpec.of("uint"))));
    assertThat(config.warnings()).hasSize(1);
  }

  /** The line is the anchor's, and the path says where the anchor is used. */
  @Test
  void aKeyBehindAnAnchor() throws Exception {
    Config config =
        TestConfig.load(
            """
            metrics:
              counters:
                - &a
                  {name: a, help: h, table: t}
                - {name: b, <<: *a}
            """);
    assertThat(config.warnings())
        .extracting(problem -> problem.line() + " " + problem.path())
        .containsExactly("4 metrics.counters[0].table", "4 metrics.counters[1].table");
  }

  static Stream<Arguments> misspelled() {
    String counter = "metrics: {counters: [{%s}]}";
    return Stream.of(
        arguments(
            counter.formatted("naem: a, help: h"),
            List.of(
                "metrics.counters[0].naem: unknown key, did you mean \"name\"?",
                "metrics.counters[0].name: missing")),
        arguments(
            counter.formatted(
                "name: a, help: h, labels: [{name: l, siz: 8, decoders: [{name: hex}]}]"),
            List.of(
                "metrics.counters[0].labels[0].siz: unknown key, did you mean \"size\"?",
                "metrics.counters[0].labels[0].size: missing")),
        arguments(
            counter.formatted(
                "name: a, help: h, labels: [{name: l, size: 8, decoder: [{name: hex}]}]"),
            List.of(
                "metrics.counters[0].labels[0].decoder: unknown key, did you mean \"decoders\"?",
                "metrics.counters[0].labels[0].decoders: missing, needs at least one decoder")),
        arguments(
            counter.formatted(
                "name: a, help: h, labels: [{name: l, size: 8, decoders: [{name: regexp, regexp: [a]}]}]"),
            List.of(
                "metrics.counters[0].labels[0].decoders[0].regexp: unknown key, did you mean \"regexps\"?",
                "metrics.counters[0].labels[0].decoders[0].regexps: missing, needs at least one pattern")),
        arguments(
            "cgroup_id_map: {nam: m, regexps: [a]}",
            List.of(
                "cgroup_id_map.nam: unknown key, did you mean \"name\"?",
                "cgroup_id_map.name: missing")));
  }

  /** The warning then explains why something else is missing. */
  @ParameterizedTest
  @MethodSource
  void misspelled(String yaml, List<String> messages) {
    assertThat(TestConfig.messages(yaml))
        .containsExactly(
            "WARNING test.yaml:1: " + messages.get(0), "test.yaml:1: " + messages.get(1));
  }

  @Test
  void aMisspelledSection() {
    assertThat(TestConfig.messages("metric: {}"))
        .containsExactly(
            "test.yaml: no metrics and no tracing.spans, needs at least one",
            "WARNING test.yaml:1: metric: unknown key, did you mean \"metrics\"?");
  }

  /** The other patterns still decode a row or drop it. */
  @Test
  void patternsOfMoreGroups() throws Exception {
    String yaml =
        """
        metrics:
          counters:
            - name: a
              help: h
              labels:
                - name: l
                  size: 8
                  decoders:
                    - name: regexp
                      regexps: [a,
                        '(b)(c)',
                        '(d)']
        """;
    Config config = TestConfig.load(yaml);
    assertThat(config.warnings())
        .extracting(Problem::toString)
        .containsExactly(
            "test.yaml:11: metrics.counters[0].labels[0].decoders[0].regexps[1]: is skipped, a"
                + " pattern has at most 1 capture group, found 2");
    assertThat(config.metrics().getFirst().labels().getFirst().decoders().getFirst().regexps())
        .extracting(Object::toString)
        .containsExactly("a", "(d)");
  }
}
