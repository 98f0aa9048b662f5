// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static io.ebpfagent.NativeBytes.u32s;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import org.junit.jupiter.api.Test;

/** Histograms: from known bytes in a kernel map to the lines of a scrape. */
@KernelTest
final class HistogramSeriesTest {
  private static final String MAP = "hist_hash";
  private static final String LABELS =
      """
      labels:
        - {name: a, size: 4, decoders: [{name: uint}]}
        - {name: bucket, size: 4, decoders: [{name: uint}]}
      """;

  private static TestMetrics histogram(String buckets) throws Exception {
    return TestMetrics.of(TestMetrics.histogram(MAP, buckets, LABELS));
  }

  @Test
  void exp2BucketsAreCumulativeWithoutHolesAndWithTheSum() throws Exception {
    String buckets =
        """
        bucket_type: exp2
        bucket_min: 0
        bucket_max: 3
        bucket_multiplier: 0.000001
        """;
    try (TestMetrics test = histogram(buckets)) {
      test.put(MAP, u32s(7, 0), 5);
      test.put(MAP, u32s(7, 2), 10);
      test.put(MAP, u32s(7, 4), 1_000_000);
      assertThat(test.samples(MAP))
          .containsExactly(
              "hist_hash_bucket{a=\"7\",le=\"1e-06\"} 5",
              "hist_hash_bucket{a=\"7\",le=\"2e-06\"} 5",
              "hist_hash_bucket{a=\"7\",le=\"4e-06\"} 15",
              "hist_hash_bucket{a=\"7\",le=\"8e-06\"} 15",
              "hist_hash_bucket{a=\"7\",le=\"+Inf\"} 15",
              "hist_hash_sum{a=\"7\"} 1",
              "hist_hash_count{a=\"7\"} 15");
    }
  }

  @Test
  void exp2zeroHasABucketForZero() throws Exception {
    try (TestMetrics test = histogram("bucket_type: exp2zero\nbucket_min: 0\nbucket_max: 3\n")) {
      test.put(MAP, u32s(1, 0), 1);
      test.put(MAP, u32s(1, 1), 2);
      test.put(MAP, u32s(1, 3), 4);
      assertThat(test.samples(MAP))
          .containsExactly(
              "hist_hash_bucket{a=\"1\",le=\"0\"} 1",
              "hist_hash_bucket{a=\"1\",le=\"1\"} 3",
              "hist_hash_bucket{a=\"1\",le=\"2\"} 3",
              "hist_hash_bucket{a=\"1\",le=\"4\"} 7",
              "hist_hash_bucket{a=\"1\",le=\"+Inf\"} 7",
              "hist_hash_sum{a=\"1\"} 0",
              "hist_hash_count{a=\"1\"} 7");
    }
  }

  @Test
  void linearBoundsAreMultiples() throws Exception {
    String buckets = "bucket_type: linear\nbucket_min: 1\nbucket_max: 3\nbucket_multiplier: 50\n";
    try (TestMetrics test = histogram(buckets)) {
      test.put(MAP, u32s(1, 1), 1);
      test.put(MAP, u32s(1, 3), 2);
      test.put(MAP, u32s(1, 4), 9);
      assertThat(test.samples(MAP))
          .containsExactly(
              "hist_hash_bucket{a=\"1\",le=\"50\"} 1",
              "hist_hash_bucket{a=\"1\",le=\"100\"} 1",
              "hist_hash_bucket{a=\"1\",le=\"150\"} 3",
              "hist_hash_bucket{a=\"1\",le=\"+Inf\"} 3",
              "hist_hash_sum{a=\"1\"} 450",
              "hist_hash_count{a=\"1\"} 3");
    }
  }

  @Test
  void fixedBoundsAreTheKeys() throws Exception {
    try (TestMetrics test = histogram("bucket_type: fixed\nbucket_keys: [1, 5, 10]\n")) {
      test.put(MAP, u32s(1, 1), 1);
      test.put(MAP, u32s(1, 10), 2);
      test.put(MAP, u32s(1, 11), 77);
      assertThat(test.samples(MAP))
          .containsExactly(
              "hist_hash_bucket{a=\"1\",le=\"1\"} 1",
              "hist_hash_bucket{a=\"1\",le=\"5\"} 1",
              "hist_hash_bucket{a=\"1\",le=\"10\"} 3",
              "hist_hash_bucket{a=\"1\",le=\"+Inf\"} 3",
              "hist_hash_sum{a=\"1\"} 77",
              "hist_hash_count{a=\"1\"} 3");
    }
  }

  @Test
  void keysOfNoBucketAreNoErrors() throws Exception {
    try (TestMetrics test = histogram("bucket_type: exp2\nbucket_min: 1\nbucket_max: 2\n")) {
      test.put(MAP, u32s(1, 1), 3);
      test.put(MAP, u32s(1, 0), 100);
      test.put(MAP, u32s(1, 9), 100);
      assertThat(test.samples(MAP)).contains("hist_hash_count{a=\"1\"} 3");
      assertThat(test.samples("decoder_errors_total"))
          .containsExactly("decoder_errors_total{config=\"test\"} 0");
    }
  }

  @Test
  void snapshotsHoldTheSameNumbers() throws Exception {
    try (TestMetrics test = histogram("bucket_type: exp2\nbucket_min: 0\nbucket_max: 2\n")) {
      test.put(MAP, u32s(3, 0), 5);
      test.put(MAP, u32s(3, 2), 7);
      test.put(MAP, u32s(3, 3), 40);
      HistogramSnapshot snapshot =
          test.metrics().collect().stream()
              .filter(family -> family.getMetadata().getName().equals("ebpf_exporter_hist_hash"))
              .map(HistogramSnapshot.class::cast)
              .findFirst()
              .orElseThrow();
      HistogramDataPointSnapshot series = snapshot.getDataPoints().getFirst();
      assertThat(series.getLabels().get("a")).isEqualTo("3");
      assertThat(series.getSum()).isEqualTo(40);
      assertThat(series.getCount()).isEqualTo(12);
      assertThat(series.getClassicBuckets().stream().map(bucket -> bucket.getCount()))
          .containsExactly(5L, 0L, 7L, 0L);
      assertThat(series.getClassicBuckets().stream().map(bucket -> bucket.getUpperBound()))
          .containsExactly(1.0, 2.0, 4.0, Double.POSITIVE_INFINITY);
    }
  }
}
