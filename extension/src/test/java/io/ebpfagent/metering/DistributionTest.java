// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metering;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  @ParameterizedTest
  @CsvSource({
    "'0,1,2,4,8',true",
    "'0,0.25,0.5',true",
    "'0,16,32',true",
    // Here zero and one have a bucket together.
    "'1,2,4,8',false",
    "'0,1,2,8',false",
    "'0,1e-6,2e-6,4e-6',false",
    "'0,10,20',false",
    "'0',false"
  })
  void powersOfTwoAboveZeroAreExponential(String bounds, boolean exponential) {
    double[] numbers = Arrays.stream(bounds.split(",", -1)).mapToDouble(Double::valueOf).toArray();
    assertThat(new Distribution(numbers, new long[numbers.length], 0).isExponential())
        .isEqualTo(exponential);
  }
}
