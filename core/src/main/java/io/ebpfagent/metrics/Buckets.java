// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.config.Metric.Histogram;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A histogram's buckets: their keys in the map, and their upper bounds. */
final class Buckets {
  private final long[] keys;
  private final double[] bounds;
  private final byte[][] leTexts;
  private final double multiplier;

  Buckets(Histogram histogram) {
    keys =
        switch (histogram.bucketType()) {
          case FIXED -> histogram.bucketKeys().stream().mapToLong(Long::longValue).toArray();
          case EXP2, EXP2ZERO, LINEAR -> range(histogram.bucketMin(), histogram.bucketMax());
        };
    multiplier = histogram.bucketMultiplier();
    bounds = new double[keys.length];
    leTexts = new byte[keys.length + 1][];
    for (int i = 0; i < keys.length; i++) {
      double key = keys[i];
      double unscaled =
          switch (histogram.bucketType()) {
            case EXP2 -> Math.pow(2, key);
            case EXP2ZERO -> key == 0 ? 0 : Math.pow(2, key - 1);
            case LINEAR, FIXED -> key;
          };
      bounds[i] = unscaled * multiplier;
      leTexts[i] = le(bounds[i]);
    }
    leTexts[keys.length] = le(Double.POSITIVE_INFINITY);
  }

  private static byte[] le(double bound) {
    return ("le=\"" + GoFloat.format(bound) + "\"").getBytes(StandardCharsets.US_ASCII);
  }

  private static long[] range(int min, int max) {
    long[] keys = new long[max - min + 1];
    Arrays.setAll(keys, i -> (long) min + i);
    return keys;
  }

  /** Number of buckets, without {@code +Inf}. */
  int size() {
    return bounds.length;
  }

  /** Returns the upper bounds, ascending, without {@code +Inf}. */
  double[] bounds() {
    return bounds.clone();
  }

  /** Returns {@code le="BOUND"} of each bucket, {@code +Inf} last. */
  byte[][] leTexts() {
    return leTexts;
  }

  /**
   * Returns the index of a key's bucket; {@link #size} for the sum, whose key follows the last
   * bucket's; -1 for keys that belong to no bucket of this histogram.
   */
  int slot(long key) {
    int last = keys.length - 1;
    if (key == keys[last] + 1) {
      return keys.length;
    }
    // Most bucket keys are consecutive and need no search.
    long offset = key - keys[0];
    if (offset >= 0 && offset <= last && keys[(int) offset] == key) {
      return (int) offset;
    }
    int found = Arrays.binarySearch(keys, key);
    return found < 0 ? -1 : found;
  }

  /** Converts the map's value under the sum's key to the sum. */
  double sum(long value) {
    return unsigned(value) * multiplier;
  }

  /**
   * Lowers counts where needed, so that even all together are an unsigned 64-bit number: cumulative
   * counts must never fall. Returns whether none was lowered.
   */
  static boolean fitTogether(long[] counts, int from, int size) {
    long left = -1; // as an unsigned number, the largest
    boolean fit = true;
    for (int i = from; i < from + size; i++) {
      if (Long.compareUnsigned(counts[i], left) > 0) {
        counts[i] = left;
        fit = false;
      }
      left -= counts[i];
    }
    return fit;
  }

  /** Returns the double nearest to an unsigned 64-bit number. */
  static double unsigned(long value) {
    // The bit that is shifted out is kept in the lowest bit, so that rounding is correct.
    return value >= 0 ? value : ((value >>> 1) | (value & 1)) * 2.0;
  }
}
