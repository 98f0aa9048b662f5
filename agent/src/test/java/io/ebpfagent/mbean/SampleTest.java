// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SampleTest {
  private static final double[] BOUNDS = {1, 2, 4, 8};

  @ParameterizedTest
  @CsvSource({"0.1, 0.5", "0.2, 1", "0.5, 1.75", "0.6, 2", "0.8, 3", "1, 4"})
  void quantilesAreLinearInsideABucket(double part, double expected) {
    Sample.Distribution distribution = new Sample.Distribution(BOUNDS, new long[] {2, 4, 4, 0}, 22);
    assertThat(distribution.quantile(part)).isEqualTo(expected);
    assertThat(distribution.count()).isEqualTo(10);
    assertThat(distribution.mean()).isEqualTo(2.2);
  }

  @Test
  void whereThereAreNoneThereIsNoNumber() {
    Sample.Distribution none = new Sample.Distribution(BOUNDS, new long[4], 0);
    assertThat(none.quantile(0.5)).isNaN();
    assertThat(none.mean()).isNaN();
  }

  @Test
  void countsBeyondALongStopThere() {
    assertThat(new Sample.Count(-1).shown()).isEqualTo(Long.MAX_VALUE);
  }
}
