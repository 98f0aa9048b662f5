// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.time.Duration;
import java.util.List;

/** A metric of a config: a BPF map of the same name, and how its keys become labels. */
public sealed interface Metric {
  String name();

  String help();

  /** The key's labels in order; a histogram's last one is the bucket. */
  List<Label> labels();

  /**
   * A counter.
   *
   * @param perfEventArray the map is a perf event array whose events are counted in user space
   * @param flushInterval how often the series of a perf event array are forgotten
   */
  record Counter(
      String name, String help, List<Label> labels, boolean perfEventArray, Duration flushInterval)
      implements Metric {
    public Counter {
      labels = List.copyOf(labels);
    }
  }

  /**
   * A histogram.
   *
   * @param bucketMin the first bucket's key, for all types but {@link BucketType#FIXED}
   * @param bucketMax the last bucket's key, inclusive; the key after it holds the sum
   * @param bucketMultiplier what a bucket's bound is multiplied with, 1 when the file is silent
   * @param bucketKeys the keys of {@link BucketType#FIXED}, ascending; empty for the others
   */
  record Histogram(
      String name,
      String help,
      List<Label> labels,
      BucketType bucketType,
      int bucketMin,
      int bucketMax,
      double bucketMultiplier,
      List<Long> bucketKeys)
      implements Metric {
    public Histogram {
      labels = List.copyOf(labels);
      bucketKeys = List.copyOf(bucketKeys);
    }
  }

  /** How a bucket's key becomes its upper bound (before the multiplier). */
  enum BucketType {
    /** {@code 2^key}. */
    EXP2,
    /** 0 for key 0, else {@code 2^(key-1)}. */
    EXP2ZERO,
    /** The key, from {@code bucket_min} to {@code bucket_max}. */
    LINEAR,
    /** The key, out of {@code bucket_keys}. */
    FIXED
  }
}
