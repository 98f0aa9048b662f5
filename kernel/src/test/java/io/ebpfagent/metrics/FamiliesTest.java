// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static io.ebpfagent.NativeBytes.u32s;
import static io.ebpfagent.NativeBytes.u64s;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.config.Config;
import org.junit.jupiter.api.Test;

/** Families that configs share, and the engine's own. */
@KernelTest
final class FamiliesTest {

  private static Config config(String name, String yaml) {
    return TestObjects.config(name, "maps-only", yaml);
  }

  @Test
  void configsShareAFamilyWithTheFirstOnesHelp() throws Exception {
    String b = "labels: [{name: b, size: 16, decoders: [{name: hex}]}]";
    Config first = config("first", TestMetrics.counter("hash_u64", TestMetrics.PAIR));
    Config second =
        config("second", TestMetrics.counter("hash_u64", b).replace("A test's", "Another's"));
    for (TextFormat format : TextFormat.values()) {
      try (TestMetrics test = TestMetrics.of(first, second)) {
        test.put(0, "hash_u64", u64s(1, 2), 10);
        test.put(1, "hash_u64", u64s(0, 0), 20);
        assertThat(test.family(format, "hash_u64"))
            .containsExactly(
                "# HELP ebpf_exporter_hash_u64 A test's counter.",
                "# TYPE ebpf_exporter_hash_u64 "
                    + (format == TextFormat.PROMETHEUS ? "counter" : "unknown"),
                "ebpf_exporter_hash_u64{a=\"1\",b=\"2\"} 10",
                "ebpf_exporter_hash_u64{b=\"" + "00".repeat(16) + "\"} 20");
        assertThat(test.text(format).lines())
            .filteredOn(line -> line.startsWith("# HELP ebpf_exporter_hash_u64 "))
            .hasSize(1);
      }
    }
  }

  @Test
  void histogramsOfTwoConfigsAreOneFamily() throws Exception {
    String buckets = "bucket_type: %s\nbucket_min: 0\nbucket_max: 1\n";
    String labels =
        """
        labels:
          - {name: %s, size: 4, decoders: [{name: uint}]}
          - {name: bucket, size: 4, decoders: [{name: uint}]}
        """;
    Config first =
        config(
            "first",
            TestMetrics.histogram("hist_hash", buckets.formatted("exp2"), labels.formatted("a")));
    Config second =
        config(
            "second",
            TestMetrics.histogram("hist_hash", buckets.formatted("linear"), labels.formatted("b")));
    try (TestMetrics test = TestMetrics.of(first, second)) {
      test.put(0, "hist_hash", u32s(1, 1), 10);
      test.put(1, "hist_hash", u32s(1, 1), 20);
      assertThat(test.family(TextFormat.OPEN_METRICS, "hist_hash"))
          .containsExactly(
              "# HELP ebpf_exporter_hist_hash A test's histogram.",
              "# TYPE ebpf_exporter_hist_hash histogram",
              "ebpf_exporter_hist_hash_bucket{a=\"1\",le=\"1\"} 0",
              "ebpf_exporter_hist_hash_bucket{a=\"1\",le=\"2\"} 10",
              "ebpf_exporter_hist_hash_bucket{a=\"1\",le=\"+Inf\"} 10",
              "ebpf_exporter_hist_hash_sum{a=\"1\"} 0",
              "ebpf_exporter_hist_hash_count{a=\"1\"} 10",
              "ebpf_exporter_hist_hash_bucket{b=\"1\",le=\"0\"} 0",
              "ebpf_exporter_hist_hash_bucket{b=\"1\",le=\"1\"} 20",
              "ebpf_exporter_hist_hash_bucket{b=\"1\",le=\"+Inf\"} 20",
              "ebpf_exporter_hist_hash_sum{b=\"1\"} 0",
              "ebpf_exporter_hist_hash_count{b=\"1\"} 20");
    }
  }
}
