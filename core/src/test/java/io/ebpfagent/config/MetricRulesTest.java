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

/** Errors under {@code metrics}, except in labels. */
final class MetricRulesTest {
  private static final String BUCKET = "labels: [{name: b, size: 4, decoders: [{name: uint}]}]";

  static Stream<Arguments> metrics() {
    return Stream.of(
        arguments("counters: {}", "metrics.counters: must be a list, found a mapping"),
        arguments("counters: x", "metrics.counters: must be a list, found text \"x\""),
        arguments("counters: [5]", "metrics.counters[0]: must be a mapping, found 5"),
        arguments("counters: [null]", "metrics.counters[0]: must be a mapping, found nothing"),
        arguments("counters: [{help: h}]", "metrics.counters[0].name: missing"),
        arguments("counters: [{name: a}]", "metrics.counters[0].help: missing"),
        arguments(
            "counters: [{name: a, help: ' '}]", "metrics.counters[0].help: must not be empty"),
        arguments(
            "counters: [{name: a, help: \"\\0\"}]",
            "metrics.counters[0].help: must not contain a NUL character"),
        arguments(
            "counters: [{name: [a], help: h}]",
            "metrics.counters[0].name: must be text, found a list"),
        arguments(
            "counters: [{name: 1st, help: h}]",
            "metrics.counters[0].name: \"1st\" must be a metric name, [a-zA-Z_:][a-zA-Z0-9_:]*"),
        arguments(
            "counters: [{name: a, help: h}, {name: a, help: h}]",
            "metrics.counters[1].name: \"a\" is already the name of metrics.counters[0]"),
        arguments(
            "counters: [{name: a, help: h}], histograms: [{name: a, help: h, bucket_type: exp2,"
                + " bucket_max: 1, "
                + BUCKET
                + "}]",
            "metrics.histograms[0].name: \"a\" is already the name of metrics.counters[0]"));
  }

  @ParameterizedTest
  @MethodSource
  void metrics(String metrics, String message) {
    assertThat(TestConfig.messages("metrics: {" + metrics + "}"))
        .containsExactly("test.yaml:1: " + message);
  }

  static Stream<Arguments> counters() {
    String duration = "flush_interval: must be a duration such as 10s or 1h30m, found ";
    return Stream.of(
        arguments("labels: {}", "labels: must be a list, found a mapping"),
        arguments(
            "perf_event_array: maybe",
            "perf_event_array: must be true or false, found text \"maybe\""),
        arguments(
            "perf_event_array: 'true'",
            "perf_event_array: must be true or false, found text \"true\""),
        arguments("perf_event_array: 1", "perf_event_array: must be true or false, found 1"),
        arguments("flush_interval: 10", duration + "\"10\""),
        arguments("flush_interval: 1d", duration + "\"1d\""),
        arguments("flush_interval: -1s", duration + "\"-1s\""),
        arguments("flush_interval: ''", duration + "\"\""),
        arguments("flush_interval: [10s]", "flush_interval: must be text, found a list"));
  }

  @ParameterizedTest
  @MethodSource
  void counters(String keys, String message) {
    assertThat(
            TestConfig.messages("metrics: {counters: [\n{name: a, help: h, %s}]}".formatted(keys)))
        .containsExactly("test.yaml:2: metrics.counters[0]." + message);
  }

  static Stream<Arguments> histograms() {
    return Stream.of(
        arguments(
            "bucket_max: 5", "bucket_type: missing, must be one of exp2, exp2zero, linear, fixed"),
        arguments("bucket_type: exp", "bucket_type: unknown type \"exp\", did you mean \"exp2\"?"),
        arguments(
            "bucket_type: log10",
            "bucket_type: unknown type \"log10\", known here: exp2, exp2zero, linear, fixed"),
        arguments("bucket_type: [exp2]", "bucket_type: must be text, found a list"),
        arguments("bucket_type: exp2", "bucket_max: missing, must not be less than bucket_min, 0"),
        arguments(
            "bucket_type: exp2zero, bucket_min: 5, bucket_max: 4",
            "bucket_max: must not be less than bucket_min, 5, found 4"),
        arguments(
            "bucket_type: linear, bucket_min: -1, bucket_max: 5",
            "bucket_min: must be from 0 to 2147483646, found -1"),
        arguments(
            "bucket_type: linear, bucket_max: 2147483647",
            "bucket_max: must be from 0 to 2147483646, found 2147483647"),
        arguments(
            "bucket_type: linear, bucket_max: ten",
            "bucket_max: must be a whole number, found text \"ten\""),
        arguments(
            "bucket_type: linear, bucket_max: 4096",
            "bucket_max: 4097 buckets from bucket_min, 0: at most 4096"),
        arguments(
            "bucket_type: exp2, bucket_max: 1024",
            "bucket_max: the bound of bucket 1024 is beyond what a double holds"),
        arguments(
            "bucket_type: exp2zero, bucket_max: 1025",
            "bucket_max: the bound of bucket 1025 is beyond what a double holds"),
        arguments(
            "bucket_type: exp2, bucket_max: 1023, bucket_multiplier: 10",
            "bucket_max: the bound of bucket 1023 is beyond what a double holds"),
        arguments(
            "bucket_type: exp2, bucket_max: 3, bucket_multiplier: -1e-6",
            "bucket_multiplier: must not be negative"),
        arguments(
            "bucket_type: exp2, bucket_max: 3, bucket_multiplier: .nan",
            "bucket_multiplier: must be a number, found .nan"),
        arguments(
            "bucket_type: exp2, bucket_max: 3, bucket_multiplier: .inf",
            "bucket_multiplier: must be a number, found .inf"),
        arguments(
            "bucket_type: exp2, bucket_max: 3, bucket_multiplier: '1'",
            "bucket_multiplier: must be a number, found text \"1\""),
        arguments("bucket_type: fixed", "bucket_keys: missing, needs at least one key"),
        arguments("bucket_type: fixed, bucket_keys: []", "bucket_keys: needs at least one key"),
        arguments(
            "bucket_type: fixed, bucket_keys: {1: 2}",
            "bucket_keys: must be a list, found a mapping"),
        arguments(
            "bucket_type: fixed, bucket_keys: [1, 3, 2]",
            "bucket_keys[2]: must be greater than the key before it, 3, found 2"),
        arguments(
            "bucket_type: fixed, bucket_keys: [1, 1]",
            "bucket_keys[1]: must be greater than the key before it, 1, found 1"),
        arguments(
            "bucket_type: fixed, bucket_keys: [0.5]",
            "bucket_keys[0]: must be a whole number, found 0.5"),
        arguments(
            "bucket_type: fixed, bucket_keys: [-1]",
            "bucket_keys[0]: must be from 0 to 9223372036854775806, found -1"),
        arguments(
            "bucket_type: fixed, bucket_keys: [" + "1,".repeat(4097) + "]",
            "bucket_keys: 4097 keys, at most 4096"));
  }

  @ParameterizedTest
  @MethodSource
  void histograms(String keys, String message) {
    String yaml = "metrics:\n  histograms:\n  - {name: a, help: h, %s, %s}".formatted(BUCKET, keys);
    assertThat(TestConfig.messages(yaml))
        .containsExactly("test.yaml:3: metrics.histograms[0]." + message);
  }

  @Test
  void aHistogramNeedsItsBucket() {
    String yaml =
        """
        metrics:
          histograms:
            - name: a
              help: h
              bucket_type: exp2
              bucket_max: 4
            - {name: b, help: h, bucket_type: exp2, bucket_max: 4, labels: []}
        """;
    assertThat(TestConfig.messages(yaml))
        .containsExactly(
            "test.yaml:3: metrics.histograms[0].labels: needs at least one label, the last is the"
                + " bucket",
            "test.yaml:7: metrics.histograms[1].labels: needs at least one label, the last is the"
                + " bucket");
  }

  @Test
  void allProblemsOfAFileAreReportedInItsOrder() {
    String yaml =
        """
        kaddrs: [no-symbol]
        tracing:
          spans:
            - ringbuf: r
              labels: []
        metrics:
          histograms:
            - name: h
              bucket_type: fixd
              labels:
                - {name: b, size: 3, decoders: [{name: uint}]}
          counters:
            - help: Has no name
              perf_event_arry: true
              labels:
                - name: l
                  size: 8
                  paddin: 1
                  decoders:
                    - name: static_map
                      regexps: [a]
        metric: {}
        """;
    assertThat(TestConfig.messages(yaml))
        .containsExactly(
            "test.yaml:1: kaddrs[0]: \"no-symbol\" must be a symbol, [a-zA-Z_][a-zA-Z0-9_]*",
            "test.yaml:5: tracing.spans[0].labels: needs at least one label",
            "test.yaml:8: metrics.histograms[0].help: missing",
            "test.yaml:9: metrics.histograms[0].bucket_type: unknown type \"fixd\", did you mean"
                + " \"fixed\"?",
            "test.yaml:11: metrics.histograms[0].labels[0].size: uint takes 1, 2, 4 or 8 bytes,"
                + " found 3",
            "test.yaml:13: metrics.counters[0].name: missing",
            "WARNING test.yaml:14: metrics.counters[0].perf_event_arry: unknown key, did you mean"
                + " \"perf_event_array\"?",
            "WARNING test.yaml:18: metrics.counters[0].labels[0].paddin: unknown key, did you mean"
                + " \"padding\"?",
            "test.yaml:20: metrics.counters[0].labels[0].decoders[0].static_map: missing, needs at"
                + " least one entry",
            "WARNING test.yaml:21: metrics.counters[0].labels[0].decoders[0].regexps: is a setting of"
                + " regexp, not of static_map",
            "WARNING test.yaml:22: metric: unknown key, did you mean \"metrics\"?");
  }

  @Test
  void aMistakeBehindAnAnchorHasTheLineOfTheAnchor() {
    String yaml =
        """
        metrics:
          counters:
            - &a
              name: a
              help: h
              labels: [{name: l, size: 0, decoders: [{name: uint}]}]
            - <<: *a
              name: b
        """;
    assertThat(TestConfig.messages(yaml))
        .isEqualTo(
            List.of(
                "test.yaml:6: metrics.counters[0].labels[0].size: must be from 1 to 1048576, found"
                    + " 0",
                "test.yaml:6: metrics.counters[1].labels[0].size: must be from 1 to 1048576, found"
                    + " 0"));
  }
}
