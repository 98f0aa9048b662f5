// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static io.ebpfagent.NativeBytes.bytes;
import static io.ebpfagent.NativeBytes.u32s;
import static io.ebpfagent.NativeBytes.u64s;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import org.junit.jupiter.api.Test;

/** Counters: from known bytes in a kernel map to the lines of a scrape. */
@KernelTest
final class CounterSeriesTest {
  @Test
  void aCounterWithoutLabelsIsOneNumber() throws Exception {
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("percpu_single", ""))) {
      long[] zeros = new long[TestMetrics.perCpu(0).length];
      zeros[0] = 7;
      test.put("percpu_single", u32s(0), zeros);
      assertThat(test.family(TextFormat.PROMETHEUS, "percpu_single"))
          .containsExactly(
              "# HELP ebpf_exporter_percpu_single A test's counter.",
              "# TYPE ebpf_exporter_percpu_single counter",
              "ebpf_exporter_percpu_single 7");
    }
  }

  @Test
  void aCounterWithoutLabelsAddsUpAllRows() throws Exception {
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("array_u64", ""))) {
      test.put("array_u64", u32s(0), 1);
      test.put("array_u64", u32s(3), 20);
      test.put("array_u64", u32s(7), 300);
      assertThat(test.samples("array_u64")).containsExactly("array_u64 321");
    }
  }

  @Test
  void anEmptyMapHasNoSeries() throws Exception {
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("hash_u64", TestMetrics.PAIR))) {
      assertThat(test.family(TextFormat.PROMETHEUS, "hash_u64"))
          .containsExactly(
              "# HELP ebpf_exporter_hash_u64 A test's counter.",
              "# TYPE ebpf_exporter_hash_u64 counter");
    }
  }

  @Test
  void labelsAreTheKeysBytesInOrder() throws Exception {
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("hash_u64", TestMetrics.PAIR))) {
      test.put("hash_u64", u64s(1, 2), 10);
      test.put("hash_u64", u64s(2, 1), 20);
      test.put("hash_u64", u64s(-1, 0), 30);
      assertThat(test.samples("hash_u64"))
          .containsExactlyInAnyOrder(
              "hash_u64{a=\"1\",b=\"2\"} 10",
              "hash_u64{a=\"2\",b=\"1\"} 20",
              "hash_u64{a=\"18446744073709551615\",b=\"0\"} 30");
    }
  }

  @Test
  void valuesAreWholeAndExact() throws Exception {
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("hash_u64", TestMetrics.PAIR))) {
      test.put("hash_u64", u64s(0, 0), 0);
      test.put("hash_u64", u64s(0, 1), 1_000_000);
      test.put("hash_u64", u64s(0, 2), 9_007_199_254_740_993L);
      test.put("hash_u64", u64s(0, 3), Long.MAX_VALUE);
      test.put("hash_u64", u64s(0, 4), Long.MIN_VALUE);
      test.put("hash_u64", u64s(0, 5), -1);
      assertThat(test.samples("hash_u64"))
          .containsExactlyInAnyOrder(
              "hash_u64{a=\"0\",b=\"0\"} 0",
              "hash_u64{a=\"0\",b=\"1\"} 1000000",
              "hash_u64{a=\"0\",b=\"2\"} 9007199254740993",
              "hash_u64{a=\"0\",b=\"3\"} 9223372036854775807",
              "hash_u64{a=\"0\",b=\"4\"} 9223372036854775808",
              "hash_u64{a=\"0\",b=\"5\"} 18446744073709551615");
    }
  }

  @Test
  void paddingIsSkipped() throws Exception {
    String labels =
        """
        labels:
          - {name: a, size: 1, padding: 3, decoders: [{name: uint}]}
          - {name: b, size: 4, decoders: [{name: uint}]}
        """;
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("padded_hash", labels))) {
      test.put("padded_hash", bytes().u8(255).u8(0).u8(0).u8(0).u32(-1).array(), 10);
      test.put("padded_hash", bytes().u8(1).u8(0).u8(0).u8(0).u32(2).array(), 20);
      assertThat(test.samples("padded_hash"))
          .containsExactlyInAnyOrder(
              "padded_hash{a=\"255\",b=\"4294967295\"} 10", "padded_hash{a=\"1\",b=\"2\"} 20");
    }
  }

  @Test
  void rowsThatDifferInPaddingOnlyAreAddedUp() throws Exception {
    String labels =
        """
        labels:
          - {name: a, size: 1, padding: 3, decoders: [{name: uint}]}
          - {name: b, size: 4, decoders: [{name: uint}]}
        """;
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("padded_hash", labels))) {
      test.put("padded_hash", bytes().u8(1).u8(0).u8(0).u8(0).u32(2).array(), 20);
      test.put("padded_hash", bytes().u8(1).u8(9).u8(9).u8(9).u32(2).array(), 1);
      assertThat(test.samples("padded_hash")).containsExactly("padded_hash{a=\"1\",b=\"2\"} 21");
    }
  }

  @Test
  void aNameWithTotalIsACounterInBothFormats() throws Exception {
    String labels = "labels: [{name: a, size: 4, decoders: [{name: uint}]}]";
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("small_total", labels))) {
      test.put("small_total", u32s(1), 5);
      assertThat(test.family(TextFormat.PROMETHEUS, "small_total"))
          .containsExactly(
              "# HELP ebpf_exporter_small_total A test's counter.",
              "# TYPE ebpf_exporter_small_total counter",
              "ebpf_exporter_small_total{a=\"1\"} 5");
      assertThat(test.family(TextFormat.OPEN_METRICS, "small"))
          .containsExactly(
              "# HELP ebpf_exporter_small A test's counter.",
              "# TYPE ebpf_exporter_small counter",
              "ebpf_exporter_small_total{a=\"1\"} 5");
    }
  }

  @Test
  void aNameWithoutTotalStaysAsItIsInBothFormats() throws Exception {
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("hash_u64", TestMetrics.PAIR))) {
      test.put("hash_u64", u64s(1, 2), 5);
      assertThat(test.family(TextFormat.PROMETHEUS, "hash_u64"))
          .containsExactly(
              "# HELP ebpf_exporter_hash_u64 A test's counter.",
              "# TYPE ebpf_exporter_hash_u64 counter",
              "ebpf_exporter_hash_u64{a=\"1\",b=\"2\"} 5");
      assertThat(test.family(TextFormat.OPEN_METRICS, "hash_u64"))
          .containsExactly(
              "# HELP ebpf_exporter_hash_u64 A test's counter.",
              "# TYPE ebpf_exporter_hash_u64 unknown",
              "ebpf_exporter_hash_u64{a=\"1\",b=\"2\"} 5");
    }
  }

  @Test
  void anArraysRowsAreAllThere() throws Exception {
    String labels = "labels: [{name: slot, size: 4, decoders: [{name: uint}]}]";
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("array_u64", labels))) {
      test.put("array_u64", u32s(5), 50);
      assertThat(test.samples("array_u64"))
          .containsExactly(
              "array_u64{slot=\"0\"} 0",
              "array_u64{slot=\"1\"} 0",
              "array_u64{slot=\"2\"} 0",
              "array_u64{slot=\"3\"} 0",
              "array_u64{slot=\"4\"} 0",
              "array_u64{slot=\"5\"} 50",
              "array_u64{slot=\"6\"} 0",
              "array_u64{slot=\"7\"} 0");
    }
  }

  @Test
  void eachScrapeReadsAnew() throws Exception {
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("hash_u64", TestMetrics.PAIR))) {
      test.put("hash_u64", u64s(1, 2), 10);
      assertThat(test.samples("hash_u64")).containsExactly("hash_u64{a=\"1\",b=\"2\"} 10");
      test.put("hash_u64", u64s(1, 2), 11);
      assertThat(test.samples("hash_u64")).containsExactly("hash_u64{a=\"1\",b=\"2\"} 11");
      test.delete("hash_u64", u64s(1, 2));
      assertThat(test.samples("hash_u64")).isEmpty();
    }
  }

  @Test
  void aClosedConfigHasNoSeries() throws Exception {
    TestMetrics test = TestMetrics.of(TestMetrics.counter("hash_u64", TestMetrics.PAIR));
    test.put("hash_u64", u64s(1, 2), 10);
    test.close();
    assertThat(test.samples("hash_u64")).isEmpty();
    assertThat(test.samples("map_read_errors_total"))
        .containsExactly("map_read_errors_total{config=\"test\"} 0");
  }
}
