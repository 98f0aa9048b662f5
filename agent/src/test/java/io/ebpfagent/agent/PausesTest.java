// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PausesTest {
  private static final long LATE = 400_000;

  private long now = Long.MAX_VALUE - 1_000_000;
  private long paused;
  private int pauses;

  private Pauses pauses(Duration most) {
    return new Pauses(
        most,
        () -> now,
        nanos -> {
          now += nanos + LATE;
          paused += nanos + LATE;
          pauses++;
        });
  }

  /** Works for so long, in pieces of 10 µs. */
  private void work(Pauses each, Duration time) {
    for (long worked = 0; worked < time.toNanos(); worked += 10_000) {
      now += 10_000;
      each.run();
    }
  }

  @Test
  void theCpuIsGivenAwayBetweenPiecesOfWork() {
    work(pauses(Duration.ofSeconds(5)), Duration.ofMillis(20));
    assertThat(pauses).isEqualTo(100);
    assertThat(paused).isEqualTo(100 * 1_000_000L);
  }

  @Test
  void aShortAnswerHasNone() {
    work(pauses(Duration.ofSeconds(5)), Duration.ofNanos(190_000));
    assertThat(pauses).isZero();
  }

  @Test
  void allTogetherTakeNoMoreThanTheirTime() {
    work(pauses(Duration.ofMillis(30)), Duration.ofMillis(20));
    assertThat(paused).isEqualTo(30_000_000);
    work(pauses(Duration.ofSeconds(5)), Duration.ofMillis(500));
    assertThat(paused).isEqualTo(1_030_000_000);
    work(pauses(Duration.ZERO), Duration.ofMillis(20));
    assertThat(paused).isEqualTo(1_030_000_000);
  }
}
