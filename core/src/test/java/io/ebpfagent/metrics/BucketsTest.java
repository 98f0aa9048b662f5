// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.config.Metric.BucketType;
import io.ebpfagent.config.Metric.Histogram;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BucketsTest {
  private static Buckets range(BucketType type, int min, int max, double multiplier) {
    return new Buckets(new Histogram("h", "h", List.of(), type, min, max, multiplier, List.of()));
  }

  private static Buckets fixed(double multiplier, Long... keys) {
    return new Buckets(
        new Histogram("h", "h", List.of(), BucketType.FIXED, 0, 0, multiplier, List.of(keys)));
  }

  private static List<String> les(Buckets buckets) {
    return Arrays.stream(buckets.leTexts())
        .map(text -> new String(text, StandardCharsets.US_ASCII))
        .map(text -> text.replaceAll("le=\"(.*)\"", "$1"))
        .toList();
  }

  @Test
  void exp2DoublesFromOne() {
    Buckets buckets = range(BucketType.EXP2, 0, 27, 0.000001);
    assertThat(les(buckets))
        .containsExactly(
            "1e-06",
            "2e-06",
            "4e-06",
            "8e-06",
            "1.6e-05",
            "3.2e-05",
            "6.4e-05",
            "0.000128",
            "0.000256",
            "0.000512",
            "0.001024",
            "0.002048",
            "0.004096",
            "0.008192",
            "0.016384",
            "0.032768",
            "0.065536",
            "0.131072",
            "0.262144",
            "0.524288",
            "1.048576",
            "2.097152",
            "4.194304",
            "8.388608",
            "16.777216",
            "33.554432",
            "67.108864",
            "134.217728",
            "+Inf");
    assertThat(buckets.bounds()).hasSize(28).startsWith(1e-6, 2e-6);
  }

  @Test
  void exp2KeepsItsExponentsWhereItBeginsLater() {
    assertThat(les(range(BucketType.EXP2, 3, 5, 1))).containsExactly("8", "16", "32", "+Inf");
  }

  @Test
  void exp2ReachesTheWholeU64() {
    assertThat(les(range(BucketType.EXP2, 63, 64, 1)))
        .containsExactly("9.223372036854776e+18", "1.8446744073709552e+19", "+Inf");
  }

  @Test
  void exp2ZeroHasABucketForNothing() {
    assertThat(les(range(BucketType.EXP2ZERO, 0, 5, 1)))
        .containsExactly("0", "1", "2", "4", "8", "16", "+Inf");
    assertThat(les(range(BucketType.EXP2ZERO, 0, 2, 0.001)))
        .containsExactly("0", "0.001", "0.002", "+Inf");
  }

  @Test
  void linearMultipliesTheKey() {
    assertThat(les(range(BucketType.LINEAR, 0, 3, 1))).containsExactly("0", "1", "2", "3", "+Inf");
    assertThat(les(range(BucketType.LINEAR, 1, 3, 500000)))
        .containsExactly("500000", "1e+06", "1.5e+06", "+Inf");
  }

  @Test
  void fixedMultipliesTheKeysThatAreGiven() {
    assertThat(les(fixed(1, 1L, 10L, 1000000L))).containsExactly("1", "10", "1e+06", "+Inf");
    assertThat(les(fixed(0.1, 3L, 7L)))
        .containsExactly("0.30000000000000004", "0.7000000000000001", "+Inf");
  }

  @Test
  void aRangesKeysAreItsSlots() {
    Buckets buckets = range(BucketType.EXP2, 2, 5, 1);
    assertThat(buckets.size()).isEqualTo(4);
    assertThat(buckets.slot(2)).isZero();
    assertThat(buckets.slot(5)).isEqualTo(3);
    assertThat(buckets.slot(6)).as("the sum").isEqualTo(4);
    assertThat(buckets.slot(1)).isEqualTo(-1);
    assertThat(buckets.slot(0)).isEqualTo(-1);
    assertThat(buckets.slot(7)).isEqualTo(-1);
    assertThat(buckets.slot(Long.MAX_VALUE)).isEqualTo(-1);
  }

  @Test
  void fixedKeysAreFoundAndNothingBetweenThem() {
    Buckets buckets = fixed(1, 0L, 1L, 5L, 100L);
    assertThat(buckets.slot(0)).isZero();
    assertThat(buckets.slot(1)).isEqualTo(1);
    assertThat(buckets.slot(5)).isEqualTo(2);
    assertThat(buckets.slot(100)).isEqualTo(3);
    assertThat(buckets.slot(101)).as("the sum").isEqualTo(4);
    for (long none : new long[] {2, 4, 6, 99, 102, Long.MAX_VALUE}) {
      assertThat(buckets.slot(none)).isEqualTo(-1);
    }
  }

  @Test
  void aSumIsUnsignedAndMultiplied() {
    Buckets buckets = range(BucketType.EXP2, 0, 3, 0.5);
    assertThat(buckets.sum(0)).isZero();
    assertThat(buckets.sum(7)).isEqualTo(3.5);
    assertThat(buckets.sum(Long.MAX_VALUE)).isEqualTo(0x1p62);
    assertThat(buckets.sum(Long.MIN_VALUE)).isEqualTo(0x1p62);
    assertThat(buckets.sum(-1)).isEqualTo(0x1p63);
  }
}
