// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

/** What a series says at a moment. */
sealed interface Sample {
  /** A counter's value, unsigned; JMX shows what is larger than its longs as the largest. */
  record Count(long value) implements Sample {
    long shown() {
      return bounded(value);
    }
  }

  /**
   * A histogram.
   *
   * @param bounds the buckets' upper bounds, ascending
   * @param counts of each bucket, not cumulative
   */
  @SuppressWarnings("ArrayRecordComponent") // two are never compared
  record Distribution(double[] bounds, long[] counts, double sum) implements Sample {
    long count() {
      long count = 0;
      for (long bucket : counts) {
        count += bucket;
      }
      return bounded(count);
    }

    double mean() {
      return sum / count();
    }

    /**
     * The value below which a part of all is, as if they lay evenly in their buckets; not a number
     * where there are none.
     */
    double quantile(double part) {
      double rank = part * count();
      double before = 0;
      for (int i = 0; i < counts.length; i++) {
        double here = bounded(counts[i]);
        if (here > 0 && before + here >= rank) {
          double lower = i > 0 ? bounds[i - 1] : Math.min(0, bounds[0]);
          return lower + (bounds[i] - lower) * ((rank - before) / here);
        }
        before += here;
      }
      return Double.NaN;
    }
  }

  private static long bounded(long unsigned) {
    return unsigned < 0 ? Long.MAX_VALUE : unsigned;
  }
}
