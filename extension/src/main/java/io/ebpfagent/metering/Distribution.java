// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metering;

/**
 * A histogram's series.
 *
 * @param bounds upper bounds of the buckets, ascending
 * @param counts of each bucket, as many as there are bounds; not cumulative
 * @param sum of all that was measured
 */
@SuppressWarnings("ArrayRecordComponent") // made, read once, and dropped; nobody compares them
record Distribution(double[] bounds, long[] counts, double sum) {
  /**
   * Whether it is an exponential histogram of scale 0 to the letter: zero has a bucket of its own,
   * and the others' bounds are powers of two, each twice the one before.
   */
  boolean isExponential() {
    if (bounds.length < 2 || bounds[0] != 0) {
      return false;
    }
    for (int i = 1; i < bounds.length; i++) {
      if (bounds[i] != Math.scalb(1.0, firstExponent() + i - 1)) {
        return false;
      }
    }
    return true;
  }

  /** Of two, what gives the upper bound of the first bucket above that of zero. */
  int firstExponent() {
    return Math.getExponent(bounds[1]);
  }

  /** The series of two of one metric together. */
  Distribution plus(Distribution other) {
    long[] both = counts.clone();
    for (int i = 0; i < both.length; i++) {
      both[i] += other.counts[i];
    }
    return new Distribution(bounds, both, sum + other.sum);
  }

  /** What came since an earlier reading; all, where the series began anew. */
  Distribution since(Distribution earlier) {
    long[] more = counts.clone();
    for (int i = 0; i < more.length; i++) {
      more[i] -= earlier.counts[i];
      if (more[i] < 0) {
        return this;
      }
    }
    return new Distribution(bounds, more, Math.max(0, sum - earlier.sum));
  }
}
