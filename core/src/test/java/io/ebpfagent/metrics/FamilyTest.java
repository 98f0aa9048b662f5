package io.ebpfagent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.metrics.Family.Type;
import org.junit.jupiter.api.Test;

final class FamilyTest {
  @Test
  void onlyCountersLoseTotal() {
    assertThat(new Family("a_total", "", Type.COUNTER).nameWithoutTotal()).isEqualTo("a");
    assertThat(new Family("a_total", "", Type.GAUGE).nameWithoutTotal()).isEqualTo("a_total");
    assertThat(new Family("a", "", Type.COUNTER).nameWithoutTotal()).isEqualTo("a");
    assertThat(new Family("a_total_total", "", Type.COUNTER).nameWithoutTotal())
        .isEqualTo("a_total");
  }

  @Test
  void onlyCountersCanLackTotal() {
    assertThat(new Family("a", "", Type.COUNTER).counterWithoutTotal()).isTrue();
    assertThat(new Family("a_total", "", Type.COUNTER).counterWithoutTotal()).isFalse();
    assertThat(new Family("a", "", Type.HISTOGRAM).counterWithoutTotal()).isFalse();
    assertThat(new Family("total", "", Type.COUNTER).counterWithoutTotal()).isTrue();
  }
}
