// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metering;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DistributionTest {
  private static Distribution of(double sum, long... counts) {
    return new Distribution(new double[] {1, 2, 4}, counts, sum);
  }

  @Test
  void twoAreOne() {
    Distribution both = of(3, 1, 0, 2).plus(of(1.5, 0, 4, 2));
    assertThat(both.counts()).containsExactly(1, 4, 4);
    assertThat(both.sum()).isEqualTo(4.5);
  }

  @Test
  void aDifferenceIsWhatCame() {
    Distribution since = of(5, 4, 4, 4).since(of(2, 1, 4, 2));
    assertThat(since.counts()).containsExactly(3, 0, 2);
    assertThat(since.sum()).isEqualTo(3);
  }

  @Test
  void whatBeganAnewIsAllNew() {
    Distribution anew = of(1, 1, 0, 0);
    assertThat(anew.since(of(2, 0, 3, 0))).isSameAs(anew);
  }
}
