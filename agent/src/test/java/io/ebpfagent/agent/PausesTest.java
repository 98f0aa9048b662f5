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
    assertThat(pauses).isEqualTo(200);
    assertThat(paused).isEqualTo(200 * 2_900_000L);
  }

  @Test
  void aShortAnswerHasOneThatEndsWhatWasBeforeIt() {
    work(pauses(Duration.ofSeconds(5)), Duration.ofNanos(90_000));
    assertThat(pauses).isOne();
  }

  @Test
  void allTogetherTakeNoMoreThanTheirTime() {
    work(pauses(Duration.ofMillis(29)), Duration.ofMillis(20));
    assertThat(paused).isEqualTo(29_000_000);
    work(pauses(Duration.ofSeconds(5)), Duration.ofMillis(500));
    assertThat(paused).isEqualTo(1_029_500_000);
    work(pauses(Duration.ZERO), Duration.ofMillis(20));
    assertThat(paused).isEqualTo(1_029_500_000);
  }
}
