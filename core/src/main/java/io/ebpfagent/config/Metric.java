// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.time.Duration;
import java.util.List;

/** A metric of a config: a BPF map of the same name, and how its keys become labels. */
public sealed interface Metric {
  String name();

  String help();

  /** The key's labels in order, including a histogram's {@link #bucketIndex bucket}. */
  List<Label> labels();

  /**
   * Whether the last label is the CPU of a per-CPU map. Then it is not in the key, and each CPU's
   * value is a separate series.
   *
   * @param perCpu whether the map has a value for each CPU
   */
  boolean hasCpuLabel(boolean perCpu);

  /**
   * Index of the label that is a histogram's bucket; -1 for a counter.
   *
   * @param perCpu whether the map has a value for each CPU
   */
  int bucketIndex(boolean perCpu);

  /**
   * A counter.
   *
   * @param perfEventArray whether the map is a perf event array, whose events are counted in user
   *     space
   * @param flushInterval how often the series of a perf event array are dropped
   */
  record Counter(
      String name, String help, List<Label> labels, boolean perfEventArray, Duration flushInterval)
      implements Metric {
    public Counter {
      labels = List.copyOf(labels);
    }

    @Override
    public boolean hasCpuLabel(boolean perCpu) {
      return perCpu && !labels.isEmpty() && labels.get(labels.size() - 1).isCpu();
    }

    @Override
    public int bucketIndex(boolean perCpu) {
      return -1;
    }
  }

  /**
   * A histogram.
   *
   * @param labels the bucket is the last one, or the one before a CPU's number
   * @param bucketMin the first bucket's key, for all types but {@link BucketType#FIXED}
   * @param bucketMax the last bucket's key, inclusive; the key after it holds the sum
   * @param bucketMultiplier factor for each bucket's bound; 1 when the file has none
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

    @Override
    public boolean hasCpuLabel(boolean perCpu) {
      return bucketIndex(perCpu) < labels.size() - 1;
    }

    @Override
    public int bucketIndex(boolean perCpu) {
      return bucketIndex(labels, perCpu);
    }

    /** A histogram's only label is the bucket, even if it is named like a CPU's number. */
    static int bucketIndex(List<Label> labels, boolean perCpu) {
      int last = labels.size() - 1;
      return perCpu && last > 0 && labels.get(last).isCpu() ? last - 1 : last;
    }
  }

  /** How a bucket's key becomes its upper bound (before the multiplier). */
  enum BucketType {
    /** {@code 2^key}. */
    EXP2,
    /** 0 for key 0, else {@code 2^(key-1)}. */
    EXP2ZERO,
    /** The key itself, from {@code bucket_min} to {@code bucket_max}. */
    LINEAR,
    /** The key itself, one of {@code bucket_keys}. */
    FIXED
  }
}
