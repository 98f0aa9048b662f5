// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static io.ebpfagent.NativeBytes.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.NativeBytes;
import io.ebpfagent.linux.Cpus;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys whose labels are equal, and keys whose labels would only be equal when joined. */
@KernelTest
final class EqualLabelsTest {
  private static final String TEXTS =
      """
      labels:
        - {name: a, size: 8, decoders: [{name: string}]}
        - {name: b, size: 8, decoders: [{name: string}]}
      """;

  /** Two labels of two bytes, and the bucket. */
  private static final String SHORT_TEXTS =
      """
      labels:
        - {name: a, size: 2, decoders: [{name: string}]}
        - {name: b, size: 2, decoders: [{name: string}]}
        - {name: bucket, size: 4, decoders: [{name: uint}]}
      """;

  private static byte[] key(String a, String b) {
    return bytes().chars(a, 8).chars(b, 8).array();
  }

  private static byte[] key(String a, String b, int bucket) {
    return bytes().chars(a, 2).chars(b, 2).u32(bucket).array();
  }

  /** Returns a row's value, or values for all CPUs with that sum. */
  private static long[] value(String map, long sum) {
    if (!map.contains("percpu")) {
      return new long[] {sum};
    }
    long[] values = new long[Cpus.possible()];
    Arrays.fill(values, 1);
    values[0] = sum - values.length + 1;
    return values;
  }

  @ParameterizedTest
  @ValueSource(strings = {"hash_u64", "lru_hash_u64", "percpu_hash_u64", "lru_percpu_hash_u64"})
  void labelsThatAreEqualOnlyWhenJoinedAreTwoSeries(String map) throws Exception {
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter(map, TEXTS))) {
      test.put(map, key("a", "b,c"), value(map, 1_000));
      test.put(map, key("a,b", "c"), value(map, 2_000));
      test.put(map, key("x\"", "y"), value(map, 3_000));
      test.put(map, key("x", "\"y"), value(map, 4_000));
      test.put(map, key("x\\", "\"y"), value(map, 5_000));
      test.put(map, key("x\\\"", "y"), value(map, 6_000));
      test.put(map, key("s\",", "b=\"t"), value(map, 7_000));
      test.put(map, key("s", "\",b=\"t"), value(map, 8_000));
      test.put(map, key("", "both"), value(map, 9_000));
      test.put(map, key("both", ""), value(map, 10_000));
      assertThat(test.samples(map))
          .containsExactlyInAnyOrder(
              map + "{a=\"a\",b=\"b,c\"} 1000",
              map + "{a=\"a,b\",b=\"c\"} 2000",
              map + "{a=\"x\\\"\",b=\"y\"} 3000",
              map + "{a=\"x\",b=\"\\\"y\"} 4000",
              map + "{a=\"x\\\\\",b=\"\\\"y\"} 5000",
              map + "{a=\"x\\\\\\\"\",b=\"y\"} 6000",
              map + "{a=\"s\\\",\",b=\"b=\\\"t\"} 7000",
              map + "{a=\"s\",b=\"\\\",b=\\\"t\"} 8000",
              map + "{a=\"\",b=\"both\"} 9000",
              map + "{a=\"both\",b=\"\"} 10000");
    }
  }

  /** A string ends at its NUL: different bytes after it give different keys but the same labels. */
  @ParameterizedTest
  @ValueSource(strings = {"hash_u64", "lru_hash_u64", "percpu_hash_u64", "lru_percpu_hash_u64"})
  void keysWithEqualLabelsAreOneSeries(String map) throws Exception {
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter(map, TEXTS))) {
      test.put(map, key("a,\0\0", "b\"\\"), value(map, 100));
      test.put(map, key("a,\0x", "b\"\\"), value(map, 2_000));
      test.put(map, key("a,\0\0y", "b\"\\\0z"), value(map, 30_000));
      test.put(map, key("a", ",b\"\\"), value(map, 400_000));
      assertThat(test.samples(map))
          .containsExactlyInAnyOrder(
              map + "{a=\"a,\",b=\"b\\\"\\\\\"} 32100", map + "{a=\"a\",b=\",b\\\"\\\\\"} 400000");
    }
  }

  @Test
  void cpusOfKeysWithEqualLabelsAreAddedUpOneByOne() throws Exception {
    String labels = TEXTS + "  - {name: cpu, size: 2, decoders: [{name: uint}]}\n";
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("percpu_hash_u64", labels))) {
      test.put("percpu_hash_u64", key("a\0x", "b"), TestMetrics.perCpu(100));
      test.put("percpu_hash_u64", key("a\0y", "b"), TestMetrics.perCpu(2_000));
      List<String> samples = test.samples("percpu_hash_u64");
      assertThat(samples).hasSize(Cpus.possible());
      for (int cpu = 0; cpu < Cpus.possible(); cpu++) {
        assertThat(samples)
            .contains(
                "percpu_hash_u64{a=\"a\",b=\"b\",cpu=\"%d\"} %d".formatted(cpu, 2_100 + 2 * cpu));
      }
    }
  }

  @Test
  void histogramsWithEqualLabelsAreAddedUpWithTheirSums() throws Exception {
    String buckets = "bucket_type: exp2\nbucket_min: 0\nbucket_max: 1\nbucket_multiplier: 0.5\n";
    String map = "hist_hash";
    try (TestMetrics test = TestMetrics.of(TestMetrics.histogram(map, buckets, SHORT_TEXTS))) {
      // These first labels only differ after their NUL.
      test.put(map, key("\0x", "b", 0), 1);
      test.put(map, key("\0y", "b", 0), 20);
      test.put(map, key("\0y", "b", 1), 300);
      test.put(map, key("\0x", "b", 2), 4_000);
      test.put(map, key("\0y", "b", 2), 50_001);
      test.put(map, key("a,", "b", 0), 7);
      test.put(map, key("a", ",b", 0), 8);
      assertThat(test.samples(map))
          .hasSize(15)
          .containsSequence(
              "hist_hash_bucket{a=\"\",b=\"b\",le=\"0.5\"} 21",
              "hist_hash_bucket{a=\"\",b=\"b\",le=\"1\"} 321",
              "hist_hash_bucket{a=\"\",b=\"b\",le=\"+Inf\"} 321",
              "hist_hash_sum{a=\"\",b=\"b\"} 27000.5",
              "hist_hash_count{a=\"\",b=\"b\"} 321")
          .contains("hist_hash_count{a=\"a,\",b=\"b\"} 7", "hist_hash_count{a=\"a\",b=\",b\"} 8");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROMETHEUS", "OPEN_METRICS"})
  void whatFormatsReserveIsEscapedAndWhatIsNoTextReplaced(String format) throws Exception {
    String labels = "labels: [{name: text, size: 32, decoders: [{name: string}]}]";
    String map = "bytes32_hash";
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter(map, labels))) {
      test.put(map, bytes().chars("say \"\\n\"", 32).array(), 1);
      test.put(map, bytes().chars("C:\\new\\", 32).array(), 2);
      test.put(map, bytes().chars("two\nlines\t", 32).array(), 3);
      test.put(map, bytes().chars("\u00fcml\u00e4ut \ud83d\udc1d } # {", 32).array(), 4);
      test.put(map, bytes().chars("x".repeat(32), 32).array(), 5);
      test.put(map, notText("a", 0xff), 60);
      test.put(map, notText("a", 0xfe), 6);
      test.put(map, notText("\"", 0xc3), 7);
      assertThat(test.family(TextFormat.valueOf(format), map))
          .filteredOn(line -> !line.startsWith("# "))
          .containsExactlyInAnyOrder(
              "ebpf_exporter_bytes32_hash{text=\"say \\\"\\\\n\\\"\"} 1",
              "ebpf_exporter_bytes32_hash{text=\"C:\\\\new\\\\\"} 2",
              "ebpf_exporter_bytes32_hash{text=\"two\\nlines\t\"} 3",
              "ebpf_exporter_bytes32_hash{text=\"\u00fcml\u00e4ut \ud83d\udc1d } # {\"} 4",
              "ebpf_exporter_bytes32_hash{text=\"" + "x".repeat(32) + "\"} 5",
              "ebpf_exporter_bytes32_hash{text=\"a\ufffd\"} 66",
              "ebpf_exporter_bytes32_hash{text=\"\\\"\ufffd\"} 7");
    }
  }

  /** Returns a text whose last byte is invalid UTF-8. */
  private static byte[] notText(String text, int last) {
    return NativeBytes.bytes()
        .chars(text, text.length())
        .u8(last)
        .raw(new byte[0], 31 - text.length())
        .array();
  }
}
