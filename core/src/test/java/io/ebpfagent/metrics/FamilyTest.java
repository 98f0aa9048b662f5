// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class FamilyTest {
  @Test
  void onlyCountersLoseTotal() {
    assertThat(new Family("a_total", "", Family.Type.COUNTER).nameWithoutTotal()).isEqualTo("a");
    assertThat(new Family("a_total", "", Family.Type.GAUGE).nameWithoutTotal())
        .isEqualTo("a_total");
    assertThat(new Family("a", "", Family.Type.COUNTER).nameWithoutTotal()).isEqualTo("a");
    assertThat(new Family("a_total_total", "", Family.Type.COUNTER).nameWithoutTotal())
        .isEqualTo("a_total");
  }

  @Test
  void onlyCountersCanLackTotal() {
    assertThat(new Family("a", "", Family.Type.COUNTER).counterWithoutTotal()).isTrue();
    assertThat(new Family("a_total", "", Family.Type.COUNTER).counterWithoutTotal()).isFalse();
    assertThat(new Family("a", "", Family.Type.HISTOGRAM).counterWithoutTotal()).isFalse();
    assertThat(new Family("total", "", Family.Type.COUNTER).counterWithoutTotal()).isTrue();
  }
}
