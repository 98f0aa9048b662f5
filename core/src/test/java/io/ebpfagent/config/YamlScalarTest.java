// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The spellings of texts, numbers and booleans. */
final class YamlScalarTest {
  /**
   * As in the Go exporter's reader, a text is taken as it is written, whatever type YAML gives the
   * scalar.
   */
  @Test
  void keepsTheTextOfStaticMaps() throws Exception {
    assertThat(
            ConfigLoaderTest.decoders(
                """
                {name: static_map, static_map: {
                  1: read, 0x0800: ipv4, 010: 007, 1.0: 1.50, true: no, "quoted": 'x y',
                  2024-01-01: 12:30:45, -1: ~x, 1_000: 1e3, null: 'null', '': '', no: }}
                """))
        .containsExactly(
            DecoderSpec.staticMap(
                Map.ofEntries(
                    Map.entry("1", "read"),
                    Map.entry("0x0800", "ipv4"),
                    Map.entry("010", "007"),
                    Map.entry("1.0", "1.50"),
                    Map.entry("true", "no"),
                    Map.entry("quoted", "x y"),
                    Map.entry("2024-01-01", "12:30:45"),
                    Map.entry("-1", "~x"),
                    Map.entry("1_000", "1e3"),
                    Map.entry("null", "null"),
                    Map.entry("", ""),
                    Map.entry("no", "")),
                false));
  }

  @ParameterizedTest
  @CsvSource({
    "8, 8",
    "+8, 8",
    "0x10, 16",
    "0X1f, 31",
    "0b101, 5",
    "010, 8",
    "0o17, 15",
    "1_000, 1000",
    "8.0, 8",
    "1e2, 100",
    "!!int 8, 8"
  })
  void readsWholeNumbers(String written, int size) throws Exception {
    Metric metric =
        TestConfig.load(
                "metrics: {counters: [{name: a, help: h, labels: [{name: l, size: %s, decoders: [{name: hex}]}]}]}"
                    .formatted(written))
            .metrics()
            .getFirst();
    assertThat(metric.labels().getFirst().size()).isEqualTo(size);
  }

  @ParameterizedTest
  @CsvSource({
    "1e-06, 0.000001",
    "1E-6, 0.000001",
    "50, 50",
    ".5, 0.5",
    "+1.5, 1.5",
    "0, 1",
    "0.0, 1",
    "~, 1"
  })
  void readsMultipliers(String written, double multiplier) throws Exception {
    assertThat(
            ConfigLoaderTest.histogram(
                    "bucket_type: exp2, bucket_max: 4, bucket_multiplier: " + written)
                .bucketMultiplier())
        .isEqualTo(multiplier);
  }

  @ParameterizedTest
  @CsvSource({
    "true, true",
    "True, true",
    "yes, true",
    "on, true",
    "false, false",
    "No, false",
    "off, false",
    "~, false"
  })
  void readsFlags(String written, boolean flag) throws Exception {
    Config config =
        TestConfig.load(
            "metrics: {counters: [{name: a, help: h, perf_event_array: %s}]}".formatted(written));
    assertThat(config.counters().getFirst().perfEventArray()).isEqualTo(flag);
  }
}
