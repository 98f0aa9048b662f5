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
